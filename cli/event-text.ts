import { moment } from './quantities.ts'
import { visible, type Terminal } from './terminal.ts'

type Fields = Readonly<Record<string, unknown>>

/** An event of a stream as a line for people. */
export function eventText(type: string, fields: Fields, terminal: Terminal): string {
  return clusterText(type, fields) ?? attributionText(type, fields, terminal)
}

/** Null: the event is of attribution. What a clusterer announces has no time of its own. */
function clusterText(type: string, fields: Fields): string | null {
  const text = (field: string): string => textOf(fields[field])
  switch (type) {
    case 'identity.formed':
      return `${text('identity_uuid')}  formed of ${list(fields['observation_uuids'])}`
    case 'identity.observation.linked':
      return `${text('identity_uuid')}  has attacker ${text('observation_uuid')}`
    case 'campaign.formed':
      return `${text('campaign_uuid')}  formed of ${list(fields['identity_uuids'])}`
    case 'identity.merged':
    case 'campaign.merged':
      return `${text('winner_uuid')}  is now also ${text('loser_uuid')}`
    case 'identity.unmerged':
    case 'campaign.unmerged':
      return `${text('resurrected_uuid')}  is no more part of ${text('former_winner_uuid')}`
    case 'identity.campaign.assigned':
      return `${text('identity_uuid')}  is in campaign ${text('campaign_uuid')}${prior(fields)}`
    case 'campaign.identity.assigned':
      return `${text('campaign_uuid')}  has identity ${text('identity_uuid')}${prior(fields)}`
    default:
      return null
  }
}

function prior({ prior_campaign_uuid: campaign }: Fields): string {
  return campaign === null ? '' : `, before in ${textOf(campaign)}`
}

function attributionText(type: string, fields: Fields, { outColors }: Terminal): string {
  const text = (field: string): string => textOf(fields[field])
  const head = `${moment(Number(fields['ts']))}  ${text('identity_uuid')}`
  if (type === 'attribution.state_changed') {
    const change = `${text('old_state')} → ${text('new_state')}`
    return `${head}  ${text('primitive')}  ${change}  ${text('current_value')}`
  }
  const primitives = list(fields['primitives'])
  return type === 'attribution.multi_actor_suspected'
    ? outColors.red(`${head}  more than one pair of hands: ${primitives}`)
    : `${head}  cleared: ${primitives}`
}

function list(value: unknown): string {
  return (value as string[]).map(visible).join(', ')
}

function textOf(value: unknown): string {
  return visible(typeof value === 'string' ? value : JSON.stringify(value))
}
