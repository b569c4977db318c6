/** A peer of a room as the key of a map. Ids have any characters, so a separator alone would not keep them apart. */
export function peerKey({ roomId, peerId }: { readonly roomId: string; readonly peerId: string }): string {
  return JSON.stringify([roomId, peerId]);
}
