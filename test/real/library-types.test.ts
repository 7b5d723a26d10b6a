import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

// The declarations that `npm run build:types` writes, in a project that uses the package.
const program = `import { buildForFlux, buildKustomization, builtInSchemas, createMemoryTree, type FluxSpec, formatResources, type KubeObject, type RenderResult } from 'flotilla/render/kustomize'
import { HelmError, renderHelmChart, type RenderChartOptions } from 'flotilla/render/helm'

const tree = createMemoryTree({ 'kustomization.yaml': 'resources: []' })
const spec: FluxSpec = { targetNamespace: 'a', postBuild: { substitute: { a: 'b' } } }
export async function run(): Promise<string> {
  const built: RenderResult = await buildKustomization(tree, '', { schemas: builtInSchemas, mode: 'fifo' })
  const first: KubeObject | undefined = built.objects[0]
  await buildForFlux(tree, '', { schemas: builtInSchemas, spec })
  const options: RenderChartOptions = { set: ['a=b'], helmMajor: 4 }
  const { text } = await renderHelmChart(tree, 'chart', options)
  if (first?.metadata?.name === undefined) throw new HelmError(text)
  return formatResources(built.objects)
}
// @ts-expect-error a mode that there is not
void buildKustomization(tree, '', { schemas: builtInSchemas, mode: 'sideways' })
`

test('the declarations hold for programs that use the library', { timeout: 300_000 }, () => {
  const made = spawnSync(process.execPath, ['tools/library-types.mjs'], { encoding: 'utf8' })
  assert.equal(made.status, 0, made.stdout + made.stderr)
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-types-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(resolve('.'), join(folder, 'node_modules/flotilla'))
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
    writeFileSync(join(folder, 'program.ts'), program)
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      const compilerOptions = {
        ...{ module, moduleResolution, target: 'es2023', lib: ['es2023', 'dom'], types: [], noEmit: true },
        ...{ strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
      const tsc = resolve('node_modules/typescript/bin/tsc')
      const checked = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
      assert.equal(checked.status, 0, `${moduleResolution}: ${checked.stdout}${checked.stderr}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
