import { v5 as uuidV5 } from 'uuid'

const NAMESPACE = uuidV5('attribution-streams:campaign:v1', uuidV5.URL)

/** The campaign of an identity: a UUIDv5 of its id, 32 hexadecimal digits without dashes. */
export function campaignOf(identity: string): string {
  return uuidV5(identity, NAMESPACE).replaceAll('-', '')
}
