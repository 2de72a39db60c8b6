export interface ServerEvent {
  readonly type: string
  readonly data: string
  readonly id: string | null
}

/**
 * Parses a stream of server-sent events. Comments and fields without a use here are passed over;
 * an event cut off by the end of the stream is not given out.
 * Source: WHATWG HTML, "Server-sent events".
 */
export async function* serverEvents(chunks: AsyncIterable<Buffer>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let pending = ''
  let type = ''
  let data: string[] = []
  let id: string | null = null
  for await (const chunk of chunks) {
    pending += decoder.decode(chunk, { stream: true })
    const lines = pending.split(/\r\n|\n|\r(?!$)/)
    pending = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { type: type || 'message', data: data.join('\n'), id }
        type = ''
        data = []
        continue
      }
      const [field, value] = fieldOf(line)
      if (field === 'event') type = value
      else if (field === 'data') data.push(value)
      else if (field === 'id') id = value
    }
  }
}

function fieldOf(line: string): [field: string, value: string] {
  const colon = line.indexOf(':')
  if (colon === -1) return [line, '']
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}
