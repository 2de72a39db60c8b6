/** The protocol nests partitions in topics; the order of both is that of their first mention. */
export function byTopic<Item extends { readonly topic: string }>(
  items: readonly Item[],
): (readonly [topic: string, items: readonly Item[]])[] {
  const topics = new Map<string, Item[]>()
  for (const item of items) {
    const known = topics.get(item.topic)
    if (known === undefined) topics.set(item.topic, [item])
    else known.push(item)
  }
  return [...topics]
}
