/** A primitive that is merged by the kind a vector names. */
export const PRIMITIVE_OF_KIND = {
  categorical: 'motor.input_modality',
  numeric: 'toolchain.c2.beacon_interval_ms',
  hash: 'motor.digraph_simhash',
} as const

export type VectorKind = keyof typeof PRIMITIVE_OF_KIND
