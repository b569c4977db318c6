/** Whether an element is in view, as long as it is followed. */
export interface ElementView {
  readonly inView: boolean;
  stop(): void;
}

/**
 * Follows whether an element is in view: scrolled into it, and on a page that is shown, or in a window of its own.
 * @param assumed what is true until the browser has said
 * @param changed it may have changed
 */
export function followView(element: Element, assumed: boolean, changed: () => void): ElementView {
  const { ownerDocument } = element;
  let intersects = assumed;
  const observer = new IntersectionObserver((entries) => {
    intersects = entries.at(-1)?.isIntersecting === true;
    changed();
  });
  observer.observe(element);
  ownerDocument.addEventListener('visibilitychange', changed);
  return {
    get inView() {
      return intersects && (ownerDocument.visibilityState === 'visible' || floats(element));
    },
    stop() {
      observer.disconnect();
      ownerDocument.removeEventListener('visibilitychange', changed);
    },
  };
}

function floats(element: Element): boolean {
  const { pictureInPictureElement } = element.ownerDocument;
  return pictureInPictureElement !== null && element.contains(pictureInPictureElement);
}
