import { jaccard } from '../../topology/clustering/jaccard.ts'
import { Components } from '../../topology/clustering/components.ts'
import type { Actor } from '../vectors/corpus.ts'

/** Puts actors into groups: a label each. */
export type ActorClusterer = (actors: readonly Actor[]) => ReadonlyMap<string, string>

/** Clusterers that seem sensible, each wrong in a way that a scenario shows. */
export const badClusterers = {
  /** Half of the passwords tried in common. */
  credentials: joining((a, b) => jaccard(wordlist(a), wordlist(b)) >= 0.5),
  /** The same network. */
  network: joining((a, b) => a.asn === b.asn),
  /** Less than a day between them. */
  dayWindow: joining((a, b) => pauseS(a, b) < 86_400),
  /** The same shift: who begins work on one day. */
  shift: joining((a, b) => startDay(a) === startDay(b)),
  /** Likeness that halves in 14 days, cut at a half. */
  decay: joining((a, b) => 0.5 ** (pauseS(a, b) / (14 * 86_400)) > 0.5),
} satisfies Record<string, ActorClusterer>

function joining(isEdge: (a: Actor, b: Actor) => boolean): ActorClusterer {
  return (actors) => {
    const components = new Components(actors.length)
    for (const [i, a] of actors.entries()) {
      for (const [j, b] of actors.entries()) if (i < j && isEdge(a, b)) components.join(i, j)
    }
    return new Map(actors.map(({ id }, i) => [id, String(components.find(i))]))
  }
}

function wordlist({ sessions }: Actor): Set<string> {
  return new Set(sessions.flatMap(({ credentials }) => credentials.map((pair) => pair.join(' '))))
}

/** Seconds between the last session of one and the first of the other; 0: they overlap. */
function pauseS(a: Actor, b: Actor): number {
  return Math.max(0, start(a) - end(b), start(b) - end(a))
}

const start = ({ sessions }: Actor): number => Math.min(...sessions.map((each) => each.start))

const end = ({ sessions }: Actor): number =>
  Math.max(...sessions.map((each) => each.start + each.duration))

const startDay = (actor: Actor): number => Math.floor(start(actor) / 86_400)
