// Which folder of the bridge may import which, besides itself, shared/ and packages. A folder that is not listed may
// be imported by bench.ts alone, and bench.ts and main.ts alone may import whatever they like.
const mayImport = {
  core: [],
  // What makes devices safe must not hang on what it is there for.
  guardian: ['core', 'transport'],
  launcher: ['core', 'guardian/protocol\\.ts'],
  transport: ['core'],
  scpi: ['core', 'transport'],
  camera: ['core'],
  drivers: ['core', 'scpi', 'transport', 'camera'],
  media: ['core'],
  turret: ['core'],
  control: ['core'],
  store: ['core'],
  diagnostics: ['core', 'scpi/line\\.ts', 'server/route\\.ts'],
  // It plays the instrument to other programs over the wires that transport speaks as a client, and its routes are the
  // server's.
  share: ['core', 'scpi', 'transport', 'server/(route|export)\\.ts'],
  access: ['core', 'store'],
  server: ['access', 'core', 'control', 'media', 'store', 'transport/browser\\.ts'],
  compat: ['core', 'server', 'drivers/instrument/ctp10'],
  cli: ['access', 'core', 'store', 'transport', 'drivers/instrument/scpi', '(config|version)\\.ts'],
  // Its pictures are files as stills are, its traces lie in the library, and its routes are the server's.
  watch: ['core', 'store', 'camera/still/png\\.ts', 'server/(route|routes/send-file)\\.ts'],
  sim: ['scpi/message\\.ts'],
}

const layers = Object.entries(mayImport).map(([folder, others]) => ({
  name: `bridge-${folder}`,
  severity: 'error',
  comment: `bridge/${folder} may import ${[...others, 'shared and packages'].join(', ')} and nothing else of the bridge.`,
  from: { path: `^bridge/${folder}/` },
  to: { path: '^bridge/', pathNot: `^bridge/(${[folder, ...others].join('|')})(/|$)` },
}))

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'web-meets-bridge',
      severity: 'error',
      comment: 'The page and the bridge meet in shared/ only.',
      from: { path: '^web/' },
      to: { path: '^(bridge|test)/' },
    },
    {
      name: 'bridge-meets-web',
      severity: 'error',
      comment: 'The page and the bridge meet in shared/ only.',
      from: { path: '^bridge/' },
      to: { path: '^(web|test)/' },
    },
    {
      name: 'shared-is-the-contract',
      severity: 'error',
      comment: 'Both ends load shared/, so it imports zod and itself.',
      from: { path: '^shared/' },
      to: { pathNot: '^(shared/|node_modules/zod/)' },
    },
    {
      name: 'driver-families',
      severity: 'error',
      comment: 'A kind of driver knows no other kind.',
      from: { path: '^bridge/drivers/([^/]+)/' },
      to: { path: '^bridge/drivers/', pathNot: '^bridge/drivers/$1/' },
    },
    {
      name: 'drivers-are-strangers',
      severity: 'error',
      comment:
        'Drivers are known to the registry alone; what a family shares is in its common.ts or in a folder.',
      from: { path: '^bridge/', pathNot: '^bridge/drivers/index\\.ts$' },
      to: { path: '^bridge/drivers/[^/]+/[^/]+\\.ts$', pathNot: '/common\\.ts$' },
    },
    {
      name: 'bench-is-the-top',
      severity: 'error',
      comment: 'bench.ts knows everything, so nothing but main.ts and the tests may know bench.ts.',
      from: { pathNot: '^(bridge/main\\.ts$|test/)' },
      to: { path: '^bridge/bench\\.ts$' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two files that need each other are one file, or three. Types alone may go round.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'An import that leads nowhere.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      severity: 'error',
      comment: 'A package that package.json does not name is there by accident.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'at-run-time',
      severity: 'error',
      comment: 'What the bridge needs when it runs belongs in dependencies.',
      from: { path: '^bridge/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^web/dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
