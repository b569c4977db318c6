/** What happened to media between this node and others since its start, for those who measure. */
export interface MeshCounts {
  /** Pipes that stalled and were built again. */
  pipesRebuilt: number;
  /** Times that a track could not be brought here. */
  unreachable: number;
  /** Messages of data channels that may lose some, dropped since too much waited. */
  dataDropped: number;
  /** Data channels that may lose nothing, closed for the same reason. */
  dataClosed: number;
}

export function noMeshCounts(): MeshCounts {
  return { pipesRebuilt: 0, unreachable: 0, dataDropped: 0, dataClosed: 0 };
}
