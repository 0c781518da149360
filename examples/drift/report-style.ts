/** The look of the report, by daylight and in the dark. */

export const style = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1c2024; --quiet: #5b6570; --rule: #e3e6ea; --tile: #f3f5f7; --band: #f7f1e6;
  --warn: #fff3d0; --warn-edge: #d9860a;
  --live: #0b6e8a; --static: #c4321f; --fresh: #2d8443; --drift: #6546c3; --misses: #a8450e;
  --change: #c4321f; --verdict: #b45309; --training: #6546c3; --gate: #57606a; --canary: #946a00; --active: #2d7a3e; --rollback: #c4321f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181c; --text: #e8eaed; --quiet: #a3acb6; --rule: #30363d; --tile: #20252b; --band: #241f17;
    --warn: #3a2e10; --warn-edge: #e0a030;
    --live: #4cc2e0; --static: #ff7b6b; --fresh: #6fce87; --drift: #b39dff; --misses: #ffa86b;
    --change: #e5533d; --verdict: #d97a1e; --training: #8b6cf0; --gate: #7a848f; --canary: #b8860b; --active: #3f9b55; --rollback: #e5533d;
  }
}
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: var(--text); background: var(--page); }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.synthetic { background: var(--warn); border-left: 4px solid var(--warn-edge); padding: .5rem 1rem; }
.note { color: var(--quiet); font-size: .9rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .6rem; margin: 1.2rem 0; padding: 0; }
.facts div { background: var(--tile); padding: .6rem .8rem; border-radius: .4rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.facts dt { font-size: .82rem; line-height: 1.35; color: var(--quiet); } .facts dd { margin: 0; font-size: 1.5rem; font-weight: 600; }
figure { margin: 1.4rem 0 1.8rem; } figcaption span { color: var(--quiet); font-size: .9rem; }
figure > svg { display: block; width: 100%; height: auto; margin-top: .3rem; }
svg text { font: 12px system-ui, sans-serif; fill: var(--quiet); }
svg .grid { stroke: var(--rule); } svg .new { fill: var(--band); } svg .band { font-style: italic; }
svg line.level { stroke: var(--quiet); stroke-dasharray: 2 4; } svg text.level { font-style: italic; }
.mark line { stroke-opacity: .55; } .mark text { fill: #fff; font-size: 10px; font-weight: 600; }
${['change', 'verdict', 'training', 'gate', 'canary', 'active', 'rollback']
  .map(
    (kind) =>
      `.mark.${kind} line { stroke: var(--${kind}); } .mark.${kind} circle { fill: var(--${kind}); } .${kind} .number { background: var(--${kind}); }`,
  )
  .join('\n')}
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; list-style: none; margin: .2rem 0 0; padding: 0; font-size: .88rem; }
.legend .key { width: 26px; height: 10px; margin-right: .5rem; vertical-align: middle; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
td, th { text-align: left; padding: .35rem .7rem; border-bottom: 1px solid var(--rule); vertical-align: top; }
td.second { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } th.second { text-align: right; }
td:last-child { overflow-wrap: anywhere; }
.number { display: inline-block; min-width: 1.5em; padding: 0 .35em; border-radius: .8em; color: #fff; font-size: .78rem; font-weight: 600; text-align: center; }
`;
