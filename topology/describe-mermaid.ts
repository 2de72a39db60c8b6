import type { TopologyGraph, Vertex, VertexKind } from './describe-graph.ts'

/** What stands before and after a label. */
const shapes: Record<VertexKind, readonly [string, string]> = {
  source: ['[/', '\\]'],
  processor: ['[', ']'],
  sink: ['[\\', '/]'],
  store: ['[(', ')]'],
  topic: ['>', ']'],
  'global-table': ['[[', ']]'],
}

/** The Mermaid form. Source: https://mermaid.js.org/syntax/flowchart.html */
export function mermaidOf({ clusters, edges, outside }: TopologyGraph): string {
  const ids = new Map<string, string>()
  const declare = (vertex: Vertex): string => {
    // Its identifiers take neither dots nor colons, and some words mean something.
    const id = `n${ids.size}`
    ids.set(vertex.id, id)
    const [open, close] = shapes[vertex.kind]
    return `${id}${open}"${escaped(vertex.label)}"${close}`
  }
  const lines = ['flowchart LR']
  for (const { id, vertices } of clusters) {
    lines.push(`  subgraph s${id} ["sub-topology ${id}"]`)
    for (const vertex of vertices) lines.push(`    ${declare(vertex)}`)
    lines.push('  end')
  }
  for (const vertex of outside) lines.push(`  ${declare(vertex)}`)
  for (const { carriesRecords, from, to } of edges) {
    lines.push(`  ${ids.get(from)!} ${carriesRecords ? '-->' : '-.-'} ${ids.get(to)!}`)
  }
  return `${lines.join('\n')}\n`
}

/** Patterns may hold anything: what is not plain becomes a character reference. */
function escaped(label: string): string {
  return label.replaceAll(/[^A-Za-z0-9 ._-]/gu, (character) => `#${character.codePointAt(0)};`)
}
