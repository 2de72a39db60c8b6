import type { ByteString } from '../../bytes/byte-string.ts'
import type { Codec } from '../../bytes/codec.ts'
import { readByteString, writeByteString } from '../attribution/codecs/byte-string-codec.ts'
import { checkVersion } from '../attribution/codecs/version.ts'
import { HOLDER_CLASSES, type HolderClass } from './holder-class.ts'

/** A row of `identity-evidence`: what is known of a value without reading its posting list. */
export interface EvidenceHead {
  /** Attackers that hold the value, of all classes. */
  readonly holders: number
  /** Sharing it alone makes no edge: see `isGenericAfter`. */
  readonly isGeneric: boolean
  /** One a {@link HolderClass}. */
  readonly classes: readonly ClassHead[]
}

/** The holders of one class. */
export interface ClassHead {
  readonly count: number
  /** One of them; {@link NO_HOLDER}: none, or none that is known since the one that was has left. */
  readonly holder: ByteString
}

export const NO_HOLDER: ByteString = ''

const NO_CLASS: ClassHead = { count: 0, holder: NO_HOLDER }

/** Of a value that nobody holds. */
export const NO_HEAD: EvidenceHead = {
  holders: 0,
  isGeneric: false,
  classes: HOLDER_CLASSES.map(() => NO_CLASS),
}

export function withHolder(
  head: EvidenceHead,
  attacker: ByteString,
  of: HolderClass,
): EvidenceHead {
  const { count, holder } = head.classes[of]!
  const known = holder === NO_HOLDER ? attacker : holder
  const classes = head.classes.with(of, { count: count + 1, holder: known })
  return { ...head, holders: head.holders + 1, classes }
}

export function withoutHolder(
  head: EvidenceHead,
  attacker: ByteString,
  of: HolderClass,
): EvidenceHead {
  const { count, holder } = head.classes[of]!
  const known = holder === attacker ? NO_HOLDER : holder
  const classes = head.classes.with(of, { count: count - 1, holder: known })
  return { ...head, holders: head.holders - 1, classes }
}

const VERSION = 2
/** The bits below say of which classes there are any. */
const IS_GENERIC = 1 << HOLDER_CLASSES.length

/** `02, classes and generic u8`, then of each class that has any `varint count, holder` */
export const evidenceHeadCodec: Codec<EvidenceHead> = {
  encode({ classes, isGeneric }, into) {
    into.u8(VERSION)
    let bits = isGeneric ? IS_GENERIC : 0
    for (const each of HOLDER_CLASSES) if (classes[each]!.count > 0) bits |= 1 << each
    into.u8(bits)
    for (const { count, holder } of classes) {
      if (count === 0) continue
      into.varint(count)
      writeByteString(into, holder)
    }
  },
  decode(from) {
    checkVersion(from, 'evidence head', VERSION)
    const bits = from.u8()
    const classes = HOLDER_CLASSES.map((each): ClassHead => {
      if ((bits & (1 << each)) === 0) return NO_CLASS
      return { count: from.varint(), holder: readByteString(from) }
    })
    const holders = classes.reduce((sum, { count }) => sum + count, 0)
    return { holders, isGeneric: (bits & IS_GENERIC) !== 0, classes }
  },
}
