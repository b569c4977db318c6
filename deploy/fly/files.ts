/** A file of a machine whose text stands in its fly.toml. https://fly.io/docs/reference/configuration/#the-files-section */
export function base64File(guestPath: string, text: string): string {
  return `[[files]]
  guest_path = "${guestPath}"
  raw_value = "${Buffer.from(text).toString('base64')}"
`;
}

/** A file of a machine whose text, in base64, is a secret of its app. */
export function secretFile(guestPath: string, secret: string): string {
  return `[[files]]
  guest_path = "${guestPath}"
  secret_name = "${secret}"
`;
}
