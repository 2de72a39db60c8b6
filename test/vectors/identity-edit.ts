/** An edit of the reference's tables, as the vectors write it. */
export type IdentityEdit =
  | { readonly edit: 'add_identity'; readonly uuid: string }
  | { readonly edit: 'add_attacker'; readonly row: AttackerRow }
  | {
      readonly edit: 'set_fingerprints'
      readonly attacker: string
      readonly fingerprints: readonly unknown[]
    }
  | { readonly edit: 'relink'; readonly attacker: string; readonly identity: string | null }

interface AttackerRow {
  readonly uuid: string
  readonly asn: number | null
  readonly identity_id: string | null
  readonly fingerprints: readonly unknown[]
}
