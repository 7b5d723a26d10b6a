import { compilePathGlob } from '../../../../formats/glob/plain-glob.js'
import { goFunction } from '../../../../formats/go-template/functions.js'
import { GoStruct, textOfBytes, typedList, typedMap, wellFormed } from '../../../../formats/go-template/values.js'
import { formatYaml } from '../../../../formats/yaml/format-yaml.js'
import type { ChartFile } from '../chart/chart.js'

/** `.Files`: what a chart holds besides its templates, values and sub-charts. */
export function filesValue(files: readonly ChartFile[]): GoStruct {
  const byName = new Map(files.map((file) => [file.name, file.data]))
  return makeFiles(byName)
}

function makeFiles(files: ReadonlyMap<string, Uint8Array>): GoStruct {
  let members: Record<string, unknown> | undefined
  const bytes = (name: string) => files.get(name) ?? new Uint8Array()
  const text = (name: string) => textOfBytes(bytes(name))
  const flattened = (show: (name: string) => string) => {
    const map: Record<string, string> = {}
    for (const name of files.keys()) map[name.slice(name.lastIndexOf('/') + 1)] = show(name)
    return files.size === 0 ? '{}' : formatYaml(map).replace(/\n$/, '')
  }
  const methods = {
    Get: goFunction(['string'], text),
    GetBytes: goFunction(['string'], bytes),
    Glob: goFunction(['string'], (pattern) => {
      let matches: (name: string) => boolean = () => true
      try {
        matches = compilePathGlob(pattern)
      } catch {
        // Helm takes every file for a pattern that it cannot read.
      }
      return makeFiles(new Map([...files].filter(([name]) => matches(name))))
    }),
    AsConfig: goFunction([], () => flattened((name) => wellFormed(text(name)))),
    AsSecrets: goFunction([], () => flattened((name) => base64(bytes(name)))),
    Lines: goFunction(['string'], (name) => {
      const all = text(name)
      return typedList('[]string', all === '' ? [] : all.replace(/\n$/, '').split('\n'))
    }),
  }
  return new GoStruct({
    type: 'engine.files',
    methods,
    get underlying() {
      if (members === undefined) {
        members = typedMap('map[string][]uint8', {})
        for (const [name, data] of files) members[name] = data
      }
      return members
    },
  })
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}
