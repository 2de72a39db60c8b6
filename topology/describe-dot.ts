import type { TopologyGraph, Vertex, VertexKind } from './describe-graph.ts'

const shapes: Record<VertexKind, string> = {
  source: 'invhouse',
  processor: 'box',
  sink: 'house',
  store: 'cylinder',
  topic: 'cds',
  'global-table': 'tab',
}

/** The Graphviz form. Source: the DOT language, https://graphviz.org/doc/info/lang.html */
export function dotOf({ clusters, edges, outside }: TopologyGraph): string {
  const lines = ['digraph topology {', '  rankdir = LR', '  node [fontname = "sans-serif"]']
  for (const { id, vertices } of clusters) {
    lines.push(`  subgraph cluster_${id} {`, `    label = "sub-topology ${id}"`)
    for (const vertex of vertices) lines.push(`    ${vertexOf(vertex)}`)
    lines.push('  }')
  }
  for (const vertex of outside) lines.push(`  ${vertexOf(vertex)}`)
  for (const { carriesRecords, from, to } of edges) {
    const style = carriesRecords ? '' : ' [style = dashed, arrowhead = none]'
    lines.push(`  ${quoted(from)} -> ${quoted(to)}${style}`)
  }
  return `${[...lines, '}'].join('\n')}\n`
}

function vertexOf({ id, kind, label }: Vertex): string {
  return `${quoted(id)} [shape = ${shapes[kind]}, label = ${quoted(label)}]`
}

/** A backslash would begin an escape of labels (`\N`, `\l`), so it is doubled. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
