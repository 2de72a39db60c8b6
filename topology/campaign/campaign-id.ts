import { NamedIds } from '../attribution/named-ids.ts'

const campaigns = new NamedIds('attribution-streams:campaign:v1')

/** The campaign of an identity of which no other is known. */
export function campaignOf(identity: string): string {
  return campaigns.of(identity)
}
