// Writes one tsconfig.json for each room of tools/rooms.mjs, and the root that references them all.
// `node tools/tsconfigs.mjs --check` fails when a file on disk differs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { rooms } from './rooms.mjs'

const check = process.argv.includes('--check')
let stale = 0
function put(path, value) {
  const text = `${JSON.stringify(value, null, 2)}\n`
  const now = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (now === text) return
  if (check) {
    console.error(`${path} is stale: run node tools/tsconfigs.mjs`)
    stale++
    return
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

for (const room of rooms) {
  const up = relative(room.path, '.')
  const nested = rooms.filter((other) => other.path.startsWith(`${room.path}/`)).map((other) => relative(room.path, other.path))
  const uses =
    room.uses === '*'
      ? rooms
          .filter((other) => other.layer < room.layer || (room.path === 'src/cli' && other.path === 'src/app'))
          .map((other) => other.path)
      : room.uses
  put(`${room.path}/tsconfig.json`, {
    extends: `${up}/tsconfig.base.json`,
    compilerOptions: {
      rootDir: `${up}/src`,
      outDir: `${up}/.cache/types/src`,
      tsBuildInfoFile: `${up}/.cache/types/${room.path.replaceAll('/', '-')}.tsbuildinfo`,
      types: room.pure ? [] : ['node'],
    },
    include: room.pure ? ['**/*.ts', `${up}/tools/globals.d.ts`] : ['**/*.ts'],
    exclude: ['**/*.test.ts', ...nested.map((path) => `${path}/**`)],
    references: uses.map((path) => ({ path: relative(room.path, path) })),
  })
}
put('tsconfig.test.json', {
  extends: './tsconfig.base.json',
  compilerOptions: { rootDir: '.', outDir: '.cache/types', tsBuildInfoFile: '.cache/types/test.tsbuildinfo', types: ['node'] },
  include: ['src/**/*.test.ts', 'test/**/*.ts', 'bench/**/*.ts'],
  references: rooms.map((room) => ({ path: `./${room.path}` })),
})
put('tsconfig.json', {
  files: [],
  references: [...rooms.map((room) => ({ path: `./${room.path}` })), { path: './tsconfig.test.json' }],
})
process.exitCode = stale === 0 ? 0 : 1
