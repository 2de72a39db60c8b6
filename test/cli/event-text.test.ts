import { expect, test } from 'vitest'
import { eventText } from '../../cli/event-text.ts'
import { captureTerminal } from '../support/captured-terminal.ts'

const terminal = captureTerminal()

test.each([
  ['identity.formed', { identity_uuid: 'i', observation_uuids: ['a', 'b'] }, 'i  formed of a, b'],
  [
    'identity.observation.linked',
    { identity_uuid: 'i', observation_uuid: 'a' },
    'i  has attacker a',
  ],
  ['identity.merged', { winner_uuid: 'i', loser_uuid: 'j' }, 'i  is now also j'],
  [
    'identity.unmerged',
    { resurrected_uuid: 'j', former_winner_uuid: 'i' },
    'j  is no more part of i',
  ],
  [
    'identity.campaign.assigned',
    { campaign_uuid: 'c', identity_uuid: 'i', prior_campaign_uuid: null },
    'i  is in campaign c',
  ],
  [
    'campaign.identity.assigned',
    { campaign_uuid: 'c', identity_uuid: 'i', prior_campaign_uuid: 'd' },
    'c  has identity i, before in d',
  ],
  ['campaign.formed', { campaign_uuid: 'c', identity_uuids: ['i', 'j'] }, 'c  formed of i, j'],
  ['campaign.merged', { winner_uuid: 'c', loser_uuid: 'd' }, 'c  is now also d'],
  [
    'campaign.unmerged',
    { resurrected_uuid: 'd', former_winner_uuid: 'c' },
    'd  is no more part of c',
  ],
])('%s is told in a line', (type, fields, line) => {
  expect(eventText(type, fields, terminal)).toBe(line)
})

test('ids that would rewrite the terminal are shown, not sent', () => {
  const fields = { winner_uuid: 'i\u001b[2J', loser_uuid: 'j' }
  expect(eventText('identity.merged', fields, terminal)).toBe('i\\u001b[2J  is now also j')
  const formed = { identity_uuid: 'i', observation_uuids: ['a\nb'] }
  expect(eventText('identity.formed', formed, terminal)).toBe('i  formed of a\\u000ab')
})

test('state changes and alerts begin with their time', () => {
  const head = { identity_uuid: 'i', ts: 1_700_000_000 }
  const change = { primitive: 'motor.p', old_state: null, new_state: 'stable', current_value: 3 }
  expect(eventText('attribution.state_changed', { ...head, ...change }, terminal)).toMatch(
    /^2023-11-14.*  i  motor\.p  null → stable  3$/,
  )
  const alert = { ...head, primitives: ['motor.p', 'motor.q'] }
  expect(eventText('attribution.multi_actor_suspected', alert, terminal)).toMatch(
    /more than one pair of hands: motor\.p, motor\.q$/,
  )
  expect(eventText('attribution.multi_actor_cleared', alert, terminal)).toMatch(/cleared: motor\.p/)
})
