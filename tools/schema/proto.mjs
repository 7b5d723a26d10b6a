// Reads a generated.proto as Kubernetes' generator writes it: message -> (field number -> {name, type, repeated}). Nothing nested, no oneof.

/** @returns {Map<string, Map<number, {name: string, type: string, repeated: boolean}>>} */
export function readProto(text) {
  const messages = new Map()
  let current
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    const message = /^message (\w+) \{$/.exec(line)
    if (message) {
      current = new Map()
      messages.set(message[1], current)
    } else if (line === '}') current = undefined
    else if (current && !line.startsWith('//') && line !== '') {
      const field = /^(optional |repeated |required )?(map<[^>]+>|[\w.]+) (\w+) = (\d+)/.exec(line)
      if (!field) throw new Error(`generated.proto: cannot read ${JSON.stringify(line)}`)
      current.set(Number(field[4]), { name: field[3], type: field[2], repeated: field[1] === 'repeated ' })
    }
  }
  return messages
}
