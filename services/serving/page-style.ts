/** The look of the page: no fonts, images or frameworks from elsewhere; light and dark. */

export const pageStyle = `
:root {
  color-scheme: light dark;
  --ink: #1d2430; --soft: #5b6575; --line: #dfe3ea; --paper: #f6f7f9; --card: #ffffff; --accent: #2457d6; --bar: #cddafd;
  --bad: #a3261b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8ebf1; --soft: #9aa5b6; --line: #2c3442; --paper: #12161d; --card: #1a202a; --accent: #8fb0ff;
    --bar: #2b3f72; --bad: #ff9d92;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, header { max-width: 70rem; margin: 0 auto; padding: 1.5rem; }
header { padding-bottom: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; }
h1 { font-size: 1.5rem; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
p { margin: 0; }
a { color: var(--accent); }
.soft { color: var(--soft); font-size: .875rem; }
form { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: end; margin-bottom: 1rem; }
label { display: grid; gap: .2rem; font-size: .875rem; color: var(--soft); }
label.check { display: flex; gap: .4rem; align-items: center; padding-bottom: .55rem; }
input[type='text'], input[type='password'] {
  font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .45rem .7rem; min-width: 16rem; max-width: 100%;
}
button {
  font: inherit; font-weight: 600; color: var(--card); background: var(--accent); border: 0; border-radius: .5rem;
  padding: .5rem 1.1rem; cursor: pointer;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
#status { min-height: 1.5rem; margin-bottom: 1rem; }
#status.bad { color: var(--bad); }
.columns { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); align-items: start; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .5rem .4rem 0; border-top: 1px solid var(--line); }
tr:first-child th, tr:first-child td { border-top: 0; }
th { font-weight: 500; white-space: nowrap; }
td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
ol, ul { list-style: none; margin: 0; padding: 0; }
li { position: relative; display: flex; justify-content: space-between; gap: 1rem; padding: .25rem .5rem; border-radius: .35rem; overflow: hidden; }
li > span { position: relative; overflow-wrap: anywhere; }
li > meter { position: absolute; inset: 0; width: 100%; height: 100%; appearance: none; background: none; border: 0; }
li > meter::-webkit-meter-bar { background: none; border: 0; height: 100%; }
li > meter::-webkit-meter-optimum-value { background: var(--bar); }
li > meter::-moz-meter-bar { background: var(--bar); }
`;
