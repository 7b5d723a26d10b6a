// Reads gofmt'd Go type declarations: structs with their tags, doc comments and markers, named scalars, lists and maps,
// and the string constants of enumerations. Not a Go parser: it relies on gofmt's line structure, and throws on what it
// does not understand.

/**
 * @typedef {{name: string, type: string, tags: Record<string, string>, doc: string[], embedded: boolean}} GoField
 * @typedef {{name: string, doc: string[], fields?: GoField[], underlying?: string}} GoType
 */

/**
 * Of a constant that stands for one of another package, `values` has `package.Name`; `docs` the comments.
 *
 * @returns {{package: string, imports: Map<string, string>, types: Map<string, GoType>, constants: Map<string, Map<string, string>>, constantDocs: Map<string, string[]>}}
 */
export function readGoFile(text) {
  const lines = text.split('\n')
  const imports = new Map()
  const types = new Map()
  const constants = new Map()
  const constantDocs = new Map()
  let packageName = ''
  let doc = []
  let index = 0
  const takeDoc = () => {
    const taken = doc
    doc = []
    return taken
  }
  while (index < lines.length) {
    const line = lines[index++]
    if (line.startsWith('//')) doc.push(line.slice(2))
    else if (line.startsWith('\t//')) doc.push(line.slice(3))
    else if (line.startsWith('/*')) {
      while (!lines[index - 1].includes('*/')) index++
    } else if (line.startsWith('package ')) packageName = line.slice(8).trim()
    else if (line.startsWith('import (')) {
      for (; lines[index] !== ')'; index++) addImport(imports, lines[index])
    } else if (line.startsWith('import ')) addImport(imports, line.slice(7))
    else if (/^type \w+ struct \{$/.test(line)) {
      const name = line.split(' ')[1]
      const typeDoc = takeDoc()
      const end = lines.indexOf('}', index)
      types.set(name, { name, doc: typeDoc, fields: readFields(lines.slice(index, end), name) })
      index = end + 1
    } else if (/^type \w+ struct ?\{\}$/.test(line))
      types.set(line.split(' ')[1], { name: line.split(' ')[1], doc: takeDoc(), fields: [] })
    else if (/^type \w+ interface \{$/.test(line)) index = lines.indexOf('}', index) + 1
    else if (/^type \w+ /.test(line)) {
      const [, name, underlying] = /^type (\w+) (?:= )?(.*?)(?:\s*\/\/.*)?$/.exec(line)
      types.set(name, { name, doc: takeDoc(), underlying })
    } else if (line.trim() === '') {
      // gofmt leaves markers such as +genclient apart from the comment by a blank line: they still belong to the type.
      if (doc.length > 0) doc.push(blankLine)
    } else {
      const constant =
        /^\s+(\w+)\s+(\w+)\s+= "([^"]*)"/.exec(line) ??
        /^const (\w+) (\w+) = "([^"]*)"/.exec(line) ??
        /^\s+(\w+)\s+= ([A-Z]\w*)\((?:"([^"]*)"|\w+\.\w+)\)/.exec(line)
      if (constant) {
        const [, name, type, value = /\((\w+\.\w+)\)/.exec(line)?.[1]] = constant
        constantDocs.set(name, doc.slice(doc.lastIndexOf(blankLine) + 1))
        if (!constants.has(type)) constants.set(type, new Map())
        constants.get(type).set(name, value)
      }
      doc = []
    }
  }
  for (const type of types.values()) type.markers = markersOf(type.doc)
  return { package: packageName, imports, types, constants, constantDocs }
}

const blankLine = '\u0000'

function addImport(imports, line) {
  const match = /^\s*(\w+)?\s*"([^"]+)"/.exec(line)
  if (match) imports.set(match[1] ?? match[2].slice(match[2].lastIndexOf('/') + 1), match[2])
}

function readFields(lines, owner) {
  const fields = []
  let doc = []
  let blockComment = false
  for (const raw of lines) {
    const line = raw.trim()
    if (blockComment || line.startsWith('/*')) blockComment = !line.includes('*/')
    else if (line === '') doc = []
    else if (line.startsWith('//')) doc.push(line.slice(2))
    else {
      const match = /^(?:(\w+)\s+)?([\w.*[\]]+(?:\{\})?)\s*(?:`([^`]*)`)?\s*(?:\/\/.*)?$/.exec(line)
      if (!match) throw new Error(`${owner}: cannot read the field line ${JSON.stringify(line)}`)
      const [, name, type, tagText = ''] = match
      const tags = Object.fromEntries([...tagText.matchAll(/(\w+):"([^"]*)"/g)].map((tag) => [tag[1], tag[2]]))
      fields.push({
        name: name ?? type.replace(/^\*/, '').split('.').at(-1),
        type,
        tags,
        doc,
        markers: markersOf(doc),
        embedded: name === undefined,
      })
      doc = []
    }
  }
  return fields
}

/** `// +name=value` lines. A marker that stands more than once gives several values. */
function markersOf(doc) {
  const markers = new Map()
  for (const line of doc) {
    const match = /^\s*\+([\w:.()-]+)(?:=(.*))?$/.exec(line)
    if (!match) continue
    if (!markers.has(match[1])) markers.set(match[1], [])
    markers.get(match[1]).push((match[2] ?? '').trim())
  }
  return markers
}

/**
 * The prose of a doc comment as OpenAPI shows it: markers and notes for implementers are left out, an empty comment line
 * starts a new paragraph, indented lines stand alone, other lines are joined.
 */
export function descriptionOf(doc) {
  // Of a type, the comment that stands next to it.
  const last = doc.at(-1) === blankLine ? doc.slice(0, -1) : doc
  const own = last.slice(last.lastIndexOf(blankLine) + 1)
  let text = ''
  const cutLast = () => {
    if (/[ \n]$/.test(text)) text = text.slice(0, -1)
  }
  for (const raw of own) {
    const line = raw.replace(/^ /, '').trimEnd()
    const leading = line.trimStart()
    if (leading === '---') break
    if (line === '') {
      cutLast()
      text += '\n\n'
    } else if (leading.startsWith('TODO') || leading.startsWith('+')) continue
    else if (/^[ \t]/.test(line)) {
      cutLast()
      text += `\n${line}\n`
    } else text += `${line} `
  }
  return text.trim()
}
