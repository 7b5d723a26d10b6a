// Writes src/kube/schema/validation/go-values/go-types.generated.ts: the fields of kube-apiserver's own (internal) types that its
// refusals print, in their order. Reads the Go modules k8s.io/kubernetes and k8s.io/apimachinery (Apache-2.0) where
// `go mod download` put them: node tools/schema/go-values.mjs [MODULES] (default: ~/go/pkg/mod/k8s.io).
import { readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const version = '1.33.13'
const modules = process.argv[2] ?? join(homedir(), 'go/pkg/mod/k8s.io')
const files = {
  core: `kubernetes@v${version}/pkg/apis/core/types.go`,
  v1: `apimachinery@v0.${version.slice(2)}/pkg/apis/meta/v1/types.go`,
}
const roots = ['core.PodTemplateSpec', 'core.PersistentVolumeClaimSpec', 'core.PersistentVolumeSource', 'core.EphemeralContainer']
// Printed in ways of their own.
const leaves = new Set(['resource.Quantity', 'v1.Time', 'v1.FieldsV1', 'intstr.IntOrString'])

const declared = new Map()
for (const [name, path] of Object.entries(files)) {
  const lines = readFileSync(join(modules, path), 'utf8').split('\n')
  for (let at = 0; at < lines.length; at++) {
    const struct = /^type (\w+) struct \{/.exec(lines[at])
    const other = /^type (\w+) ([\w.[\]*]+)$/.exec(lines[at])
    if (other) declared.set(`${name}.${other[1]}`, qualified(other[2], name))
    if (!struct) continue
    const fields = []
    for (at++; !lines[at].startsWith('}'); at++) {
      const line = lines[at].replace(/\/\/.*|`.*/g, '').trim()
      const field = /^(\w+)\s+([\w.[\]*]+)$/.exec(line)
      const embedded = /^([\w.]+)$/.exec(line)
      if (field) fields.push(`${field[1]} ${qualified(field[2], name)}`)
      else if (embedded) fields.push(qualified(embedded[1], name))
    }
    declared.set(`${name}.${struct[1]}`, fields)
  }
}

function qualified(type, own) {
  return type.replace(/metav1\./g, 'v1.').replace(/(^|[\]*[])([A-Z]\w*)/g, `$1${own}.$2`)
}

const found = {}
const visit = (type) => {
  for (const name of type.match(/\w+\.\w+/g) ?? []) {
    if (found[name] !== undefined || leaves.has(name)) continue
    const of = declared.get(name) ?? 'string'
    found[name] = of
    for (const each of Array.isArray(of) ? of.map((field) => field.split(' ').at(-1)) : [of]) visit(each)
  }
}
for (const root of roots) visit(root)
const lines = Object.entries(found).map(
  ([name, of]) => `  ${JSON.stringify(name)}: ${JSON.stringify(Array.isArray(of) ? of.join('|') : of)},`,
)
const to = 'src/kube/schema/validation/go-values/go-types.generated.ts'
writeFileSync(
  to,
  `// Made by tools/schema/go-values.mjs from k8s.io/kubernetes v${version} (Apache License 2.0, see NOTICE). Do not edit.

/** By name of a type: its fields (\`Name type\`, embedded ones without a name) with \`|\` between them, or what it stands for. */
export const goTypes: Readonly<Record<string, string>> = {
${lines.join('\n')}
}
`,
)
console.log(`${lines.length} types`)
