// Writes src/kube/schema/types.generated.ts: TypeScript declarations of the built-in kinds, from the same tables as everything
// else. After tools/schema/generate.mjs: `node tools/build.mjs && node tools/schema/types.mjs`.
import { writeFileSync } from 'node:fs'
import { kubernetesVersion, structTable } from '../../dist/src/kube/schema/tables.generated.js'
import { typeDeclarations } from '../../dist/src/kube/schema/type-declarations.js'

const text = typeDeclarations({ kubernetesVersion, structs: structTable.split('\n').length })
writeFileSync('src/kube/schema/types.generated.ts', text)
console.log(`${text.split('\n').length} lines`)
