// Writes dist/types: the declarations of what package.json exports, for programs that use parts of this one as a library.
// `npm run build:types`, before packing.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'

const done = spawnSync('npx', ['tsc', '-b', 'src/delivery/render'], { stdio: 'inherit' })
if (done.status !== 0) process.exit(done.status ?? 1)
rmSync('dist/types', { recursive: true, force: true })
for (const room of ['base', 'formats', 'kube', 'delivery/render']) {
  cpSync(`.cache/types/src/${room}`, `dist/types/${room}`, {
    recursive: true,
    filter: (path) => !/\.(tsbuildinfo|map)$/.test(path),
  })
}
