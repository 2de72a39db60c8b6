/**
 * The place that an instance's group metadata names, as a URL; null: not a place to ask.
 *
 * Nothing but scheme, host and port is taken: no path, query or user that could make a request
 * mean something else. `host:port` is completed by `scheme`.
 */
export function peerUrl(endpoint: string, scheme: 'http' | 'https'): URL | null {
  const text = /^[a-z]+:\/\//i.test(endpoint) ? endpoint : `${scheme}://${endpoint}`
  if (endpoint.length > 512 || !URL.canParse(text)) return null
  const url = new URL(text)
  const isPlain = url.origin !== 'null' && url.href === `${url.origin}/`
  const hasPort = /:[0-9]+\/?$/.test(text)
  return isPlain && hasPort && /^https?:$/.test(url.protocol) ? url : null
}
