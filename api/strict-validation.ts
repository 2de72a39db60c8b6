import { Ajv } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'

/**
 * Validation without coercion surprises.
 *
 * Ajv's own coercion takes `1e3`, ` 5 `, `0x10`, `null` and `""` for integers. Here a query
 * parameter whose schema says integer becomes one only from plain decimal digits; anything else
 * stays text and fails its schema, as do unknown and repeated parameters.
 *
 * Of bodies only JSON objects are validated here. The others are NDJSON streams, whose lines are
 * checked one by one against their record's schema, whatever Content-Type tricks the head plays.
 */
export function strictValidatorCompiler(): FastifySchemaCompiler<object> {
  const ajv = new Ajv({ coerceTypes: false, useDefaults: true, removeAdditional: false })
  return ({ schema, httpPart }) => {
    if (httpPart === 'body' && !isObjectSchema(schema)) return () => true
    const validate = ajv.compile(schema)
    if (httpPart !== 'querystring') return validate
    const integers = integerProperties(schema)
    const validateQuery: QueryValidator = (query) => {
      readIntegers(query as Record<string, unknown>, integers)
      const valid = validate(query)
      validateQuery.errors = validate.errors ?? null
      return valid
    }
    return validateQuery
  }
}

type QueryValidator = ReturnType<FastifySchemaCompiler<object>>

function isObjectSchema(schema: object): boolean {
  return 'type' in schema && schema.type === 'object'
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown }>>
}

function integerProperties(schema: ObjectSchema): readonly string[] {
  return Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.type === 'integer')
    .map(([name]) => name)
}

const decimal = /^(0|[1-9][0-9]{0,14})$/

function readIntegers(query: Record<string, unknown>, names: readonly string[]): void {
  for (const name of names) {
    const text = query[name]
    if (typeof text === 'string' && decimal.test(text)) query[name] = Number(text)
  }
}
