/**
 * What docker-compose.yml may contain: the part of the compose specification that it uses, and no
 * key beyond. A misspelt key, which compose might pass over, does not fit.
 */

const strings = { type: 'array', items: { type: 'string' }, minItems: 1 } as const
const duration = { type: 'string', pattern: '^(\\d+h)?(\\d+m)?(\\d+s)?$', minLength: 2 } as const

const dependency = {
  type: 'object',
  required: ['condition'],
  additionalProperties: false,
  properties: { condition: { const: 'service_healthy' } },
} as const

const healthcheck = {
  type: 'object',
  required: ['test', 'interval', 'timeout', 'retries', 'start_period'],
  additionalProperties: false,
  properties: {
    test: {
      type: 'array',
      minItems: 2,
      prefixItems: [{ enum: ['CMD', 'CMD-SHELL'] }],
      items: { type: 'string' },
    },
    interval: duration,
    timeout: duration,
    start_period: duration,
    retries: { type: 'integer', minimum: 1 },
  },
} as const

const service = {
  type: 'object',
  required: ['image', 'environment', 'restart', 'cap_drop', 'security_opt', 'mem_limit'],
  additionalProperties: false,
  properties: {
    image: { type: 'string', pattern: '^[a-z0-9./-]+:[A-Za-z0-9.]+$' },
    build: { type: 'string' },
    // YAML reads yes, 1 and 1e3 as no text; compose would hand over something else than is written.
    environment: {
      type: 'object',
      propertyNames: { pattern: '^[A-Z][A-Z0-9_]*$' },
      additionalProperties: { type: 'string' },
    },
    depends_on: { type: 'object', additionalProperties: dependency },
    ports: { type: 'array', items: { type: 'string', pattern: '^127\\.0\\.0\\.1:\\d+:\\d+$' } },
    volumes: { type: 'array', items: { type: 'string', pattern: '^[a-z0-9-]+:/[a-z0-9/-]+$' } },
    tmpfs: strings,
    healthcheck,
    restart: { const: 'unless-stopped' },
    stop_grace_period: duration,
    read_only: { type: 'boolean' },
    cap_drop: { const: ['ALL'] },
    security_opt: { const: ['no-new-privileges:true'] },
    mem_limit: { type: 'string', pattern: '^\\d+[mg]$' },
  },
} as const

export const composeSchema = {
  type: 'object',
  required: ['name', 'services', 'volumes'],
  additionalProperties: false,
  patternProperties: { '^x-': { type: 'object' } },
  properties: {
    name: { type: 'string' },
    services: { type: 'object', additionalProperties: service },
    volumes: { type: 'object', additionalProperties: { type: 'null' } },
  },
} as const
