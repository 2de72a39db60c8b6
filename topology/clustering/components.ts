/**
 * Connected components of the nodes 0 to size − 1 (union-find).
 *
 * C1. The partition does not depend on the order in which edges are joined: `groups` lists each
 *     group by ascending node, and groups by their first.
 * C2. The root of a tree is its smallest node, so the first node of a group names it. Paths are
 *     halved as they are walked; that alone bounds m operations by O(m log n).
 */
export class Components {
  readonly #parents: Int32Array

  constructor(size: number) {
    this.#parents = Int32Array.from({ length: size }, (_, node) => node)
  }

  /** Says that an edge joins two nodes. */
  join(a: number, b: number): void {
    const first = this.find(a)
    const second = this.find(b)
    if (first < second) this.#parents[second] = first
    else this.#parents[first] = second
  }

  /** The smallest node of the node's component. */
  find(node: number): number {
    const parents = this.#parents
    for (let at = node; ;) {
      const parent = parents[at]!
      if (parent === at) return at
      const above = parents[parent]!
      parents[at] = above
      at = above
    }
  }

  groups(): number[][] {
    const byRoot = new Map<number, number[]>()
    for (let node = 0; node < this.#parents.length; node++) {
      const root = this.find(node)
      const group = byRoot.get(root)
      if (group === undefined) byRoot.set(root, [node])
      else group.push(node)
    }
    return [...byRoot.values()]
  }
}
