import { dotOf } from './describe-dot.ts'
import { graphOf } from './describe-graph.ts'
import { jsonOf, type TopologyJson } from './describe-json.ts'
import { mermaidOf } from './describe-mermaid.ts'
import { textOf } from './describe-text.ts'
import type { BuiltTopology } from './nodes.ts'

/** A topology in each of its written forms; equal topologies give equal text, byte for byte. */
export interface TopologyDescription {
  readonly json: TopologyJson
  /** For reading in a terminal. */
  readonly text: string
  /** For Graphviz: `dot -Tsvg`. */
  readonly dot: string
  readonly mermaid: string
}

export function describe(topology: BuiltTopology): TopologyDescription {
  const json = jsonOf(topology)
  const graph = graphOf(json)
  return { json, text: textOf(json), dot: dotOf(graph), mermaid: mermaidOf(graph) }
}
