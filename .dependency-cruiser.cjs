// Which folder of the bridge may import which, besides itself, shared/ and packages. A folder that is not listed may
// be imported by bench.ts alone, and bench.ts and main.ts alone may import whatever they like.
const mayImport = {
  // Types of the driver's contract, which says who calls.
  core: ['device/device\\.ts'],
  device: ['core'],
  // What makes devices safe must not hang on what it is there for.
  guardian: ['core', 'transport'],
  launcher: ['core', 'guardian/protocol\\.ts'],
  transport: ['core'],
  camera: ['core', 'device'],
  // Its routes are the server's.
  instrument: ['core', 'device', 'transport', 'server/(route|export)\\.ts'],
  turret: ['core', 'device', 'transport'],
  sfu: ['core', 'device'],
  control: ['core', 'device'],
  // The audit is chained, purged and checked where its lines are; a backup has the traces' files.
  store: ['core', 'access/audit-(chain|check|key|secrets)\\.ts', 'traces/info-file\\.ts'],
  access: ['core', 'device', 'store'],
  traces: ['core', 'device'],
  gallery: ['core', 'device'],
  views: ['core', 'device'],
  diagnostics: ['core', 'device', 'instrument/scpi/line\\.ts', 'server/route\\.ts'],
  server: ['access', 'core', 'control', 'device', 'gallery', 'sfu', 'traces', 'transport/browser\\.ts'],
  compat: ['core', 'device', 'server', 'instrument/ctp10/trace\\.ts'],
  cli: [
    'access',
    'core',
    'device',
    'store',
    'transport',
    'instrument/declared/shipped\\.ts',
    'bench/(config|version)\\.ts',
  ],
  // Its pictures are files as stills are, its traces lie in the library, and its routes are the server's.
  watches: [
    ...['core', 'device', 'store', 'traces', 'camera/features/still/png\\.ts'],
    'server/(route|routes/send-file)\\.ts',
  ],
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
      name: 'simulators-are-the-other-side',
      severity: 'error',
      comment:
        'A simulator speaks an instrument’s wire; of the bridge it knows how a message is read, and the bridge knows none.',
      from: { path: '^simulators/' },
      to: { path: '^bridge/', pathNot: '^bridge/instrument/scpi/message\\.ts$' },
    },
    {
      name: 'bridge-meets-no-simulator',
      severity: 'error',
      comment: 'The bridge meets a simulator over its wire alone.',
      from: { path: '^bridge/' },
      to: { path: '^simulators/' },
    },
    {
      name: 'camera-kinds',
      severity: 'error',
      comment: 'A kind of camera knows no other kind.',
      from: { path: '^bridge/camera/kinds/([^/]+)/' },
      to: { path: '^bridge/camera/kinds/', pathNot: '^bridge/camera/kinds/$1/' },
    },
    {
      name: 'drivers-are-strangers',
      severity: 'error',
      comment: 'Drivers are known to the registry alone.',
      from: { path: '^bridge/', pathNot: '^bridge/bench/drivers\\.ts$' },
      to: {
        path: [
          '^bridge/camera/kinds/[^/]+/(driver|source|rtsp-source|rtp-source|whip-source)\\.ts$',
          '^bridge/instrument/[^/]+/driver\\.ts$',
          '^bridge/turret/grbl/driver\\.ts$',
        ],
        pathNot: '^bridge/camera/kinds/scene/source\\.ts$',
      },
    },
    {
      name: 'bench-is-the-top',
      severity: 'error',
      comment:
        'The bench knows everything, so nothing but main.ts, the tests and, of its file, the command line may know the bench.',
      from: { pathNot: '^(bridge/main\\.ts$|bridge/bench/|test/|docs/)' },
      to: { path: '^bridge/bench/', pathNot: '^bridge/bench/(config|version)\\.ts$' },
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
