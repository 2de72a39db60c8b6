/** Where instances ask each other. Not of the public API: it may change with any version. */
export const peerPaths = { get: '/internal/v1/get', scan: '/internal/v1/scan' } as const

/** Rows that one answer may hold at most, whatever is asked for. */
export const PEER_ROWS_MAX = 20_000

/** Far above what an answer aims at (4 MiB), below what would hurt. */
export const PEER_ANSWER_BYTES_MAX = 16 * 1024 * 1024

export const peerMediaType = 'application/octet-stream'
