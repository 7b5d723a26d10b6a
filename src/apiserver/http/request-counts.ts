/** How many requests were served, for /metrics. */
export interface RequestCounts {
  add(verb: string, code: number): void
  /** In the text format of Prometheus. */
  format(): string
}

const knownVerbs: ReadonlySet<string> = new Set([
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'post',
  'put',
])

export function createRequestCounts(): RequestCounts {
  const counts = new Map<string, number>()
  return {
    add(verb, code) {
      // Clients choose the method: unknown ones share a label, so that they cannot fill the memory.
      const key = `${knownVerbs.has(verb) ? verb : 'other'} ${code}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    format() {
      let text = '# HELP apiserver_request_total Counter of requests by verb and HTTP response code.\n'
      text += '# TYPE apiserver_request_total counter\n'
      for (const [key, count] of [...counts].sort()) {
        const [verb, code] = key.split(' ')
        text += `apiserver_request_total{code="${code}",verb="${verb}"} ${count}\n`
      }
      return text
    },
  }
}
