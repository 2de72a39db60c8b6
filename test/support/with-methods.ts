/** The object itself, but for some of its methods. */
export function withMethods<T extends object>(inner: T, methods: Partial<T>): T {
  return new Proxy(inner, {
    get(_, name) {
      const found = (methods[name as keyof T] ?? inner[name as keyof T]) as unknown
      return typeof found === 'function' ? (found.bind(inner) as unknown) : found
    },
  })
}
