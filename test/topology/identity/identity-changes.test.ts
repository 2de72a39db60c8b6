import { expect, test } from 'vitest'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { identityChanges, type RootChange } from '../../../topology/identity/identity-changes.ts'

/** `x:a>b`: attacker x had root a (nothing: it is new) and has b. */
function changesOf(text: string) {
  const changes = text.split(' ').map((each): RootChange => {
    const [attacker, before, after] = each.split(/[:>]/) as [string, string, string]
    return { attacker, before, after }
  })
  return identityChanges(changes)
}

/** Identities by the letter of their root. */
function told(text: string): string[] {
  const letter = (identity: string) => ['a', 'b', 'x'].find((a) => stubIdentity(a) === identity)
  const { formed, linked, links, merged, unmerged } = changesOf(text)
  return [
    ...formed.map(({ attackers, identity }) => `formed ${letter(identity)} ${attackers.join('')}`),
    ...linked.map(({ attacker, identity }) => `linked ${letter(identity)} ${attacker}`),
    ...merged.map(({ loser, winner }) => `merged ${letter(winner)} ${letter(loser)}`),
    ...unmerged.map((each) => `unmerged ${letter(each.resurrected)} ${letter(each.formerWinner)}`),
    ...links.map(({ attacker_uuid: x, cause, identity_uuid: own, root_uuid: root }) => {
      expect(letter(own)).toBe(x)
      return `${x} ${letter(root)} ${cause}`
    }),
  ]
}

test.each([
  ['a new attacker, alone', 'a:>a', ['formed a a']],
  ['new attackers, joined', 'a:>a b:>a', ['formed a ab', 'b a link']],
  ['a new attacker joins', 'b:>a', ['linked a b', 'b a link']],
  ['two identities merge', 'b:b>a x:b>a', ['merged a b', 'b a merge', 'x a merge']],
  ['and split', 'b:a>b x:a>b', ['unmerged b a', 'b b unmerge', 'x b unmerge']],
  ['an attacker changes sides', 'x:a>b', ['linked b x', 'x b link']],
  ['one leaves', 'x:a>x', ['unmerged x a', 'x x unmerge']],
  [
    'an older newcomer takes over',
    'a:>a b:b>a x:b>a',
    ['formed a a', 'merged a b', 'b a merge', 'x a merge'],
  ],
])('%s', (_what, changes, expected) => {
  expect(told(changes)).toEqual(expected)
})
