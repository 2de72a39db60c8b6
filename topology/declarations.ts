import type {
  GlobalTableOptions,
  ProcessorOptions,
  RepartitionOptions,
  SinkOptions,
  SourceOptions,
} from './options.ts'
import type { ProcessorSupplier } from './processor.ts'
import type { TopicPattern } from './topic-pattern.ts'

/** What was declared, before anything is known about how it connects. */
export type Declaration =
  DeclaredSource | DeclaredProcessor | DeclaredSink | DeclaredRepartition | DeclaredGlobalTable

export interface DeclaredSource {
  readonly kind: 'source'
  readonly name: string
  readonly options: SourceOptions<unknown>
  readonly topics: readonly string[]
  readonly pattern: TopicPattern | null
}

export interface DeclaredProcessor {
  readonly kind: 'processor'
  readonly name: string
  readonly supplier: ProcessorSupplier<unknown, unknown>
  readonly options: ProcessorOptions
}

export interface DeclaredSink {
  readonly kind: 'sink'
  readonly name: string
  readonly options: SinkOptions<unknown>
}

export interface DeclaredRepartition {
  readonly kind: 'repartition'
  readonly name: string
  readonly options: RepartitionOptions<unknown>
}

export interface DeclaredGlobalTable {
  readonly kind: 'global-table'
  readonly name: string
  readonly options: GlobalTableOptions<unknown>
}

/** By name, in order of declaration. */
export type Declarations = ReadonlyMap<string, Declaration>

/** Names of the nodes that feed a declared node; sources and global tables have none. */
export function parentsOf(declaration: Declaration): readonly string[] {
  switch (declaration.kind) {
    case 'processor':
    case 'sink':
    case 'repartition':
      return declaration.options.parents
    case 'source':
    case 'global-table':
      return []
  }
}

/** Children by parent name, in order of declaration; of a repartition those of its source half. */
export function childrenOf(declarations: Declarations): Map<string, string[]> {
  const children = new Map<string, string[]>()
  for (const name of declarations.keys()) children.set(name, [])
  for (const declaration of declarations.values()) {
    for (const parent of parentsOf(declaration)) children.get(parent)?.push(declaration.name)
  }
  return children
}
