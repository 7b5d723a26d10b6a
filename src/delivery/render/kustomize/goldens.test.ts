import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import { createMemoryTree } from '../memory-tree.js'
import type { Tree } from '../tree.js'
import { buildKustomization, formatResources } from './build-kustomization.js'
import { createDocumentCache } from './sources/read-documents.js'

// goldens/NAME/input is built at the path that goldens/NAME/path.txt names (the input itself when there is none);
// goldens/NAME/expected.yaml is what kustomize v5.8.2 prints for it.
const goldens = 'src/delivery/render/kustomize/goldens'

function readTree(root: string): Tree {
  const files: Record<string, Uint8Array> = {}
  for (const entry of readdirSync(root, { recursive: true })) {
    const path = join(root, String(entry))
    if (statSync(path).isFile()) files[String(entry).replaceAll('\\', '/')] = readFileSync(path)
  }
  return createMemoryTree(files)
}

const documents = createDocumentCache({ maxEntries: 1000 })
for (const name of readdirSync(goldens).sort()) {
  test(`builds ${name} as kustomize does`, async () => {
    const tree = readTree(join(goldens, name, 'input'))
    const pathFile = join(goldens, name, 'path.txt')
    const path = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : ''
    const expected = readFileSync(join(goldens, name, 'expected.yaml'), 'utf8')
    // Twice with parsed files kept: the first build must not change what the second one reads.
    for (const options of [{}, { documents }, { documents }]) {
      const { objects } = await buildKustomization(tree, path, { schemas: builtInSchemas, ...options })
      assert.equal(formatResources(objects), expected)
    }
  })
}
