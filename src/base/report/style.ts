/** The report's style sheet. Charts use the same variables, so one switch of theme changes everything. */
export const css = `
:root{--page:#f7f6f3;--surface:#fffefb;--text:#1d1c1a;--muted:#6b6862;--line:#e2dfd8;--accent:#b4560a;
--series-1:#c2620e;--series-2:#2463a6;--series-3:#2e7d4f;--series-4:#8a4fa0;--series-5:#a3333d;--baseline:#b5b1a8;
--good:#1f7a45;--bad:#b3261e;--good-soft:#e5f3ea;--bad-soft:#fbe9e7}
@media (prefers-color-scheme:dark){:root{--page:#161513;--surface:#1f1e1b;--text:#edebe6;--muted:#a39f96;--line:#35332e;--accent:#f0a35e;
--series-1:#f0a04f;--series-2:#74aef0;--series-3:#6fc793;--series-4:#c79be0;--series-5:#ef8a8f;--baseline:#6d6a62;
--good:#6fcf97;--bad:#ff8a80;--good-soft:#1d3427;--bad-soft:#3d2321}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
header,main,footer{max-width:76rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:3rem}
h1{font-size:2.3rem;line-height:1.15;letter-spacing:-.02em;margin:0 0 .4rem;font-weight:700}
.subtitle{color:var(--muted);font-size:1.1rem;margin:0 0 1rem;max-width:52rem}
h2{font-size:1.35rem;letter-spacing:-.01em;margin:0 0 .5rem}
.lead{color:var(--muted);max-width:52rem;margin:0 0 1rem}
nav{display:flex;flex-wrap:wrap;gap:.35rem .5rem;margin:1.4rem 0 1rem}
nav a{color:var(--text);text-decoration:none;border:1px solid var(--line);border-radius:99px;padding:.15rem .75rem;font-size:.88rem;background:var(--surface)}
nav a:hover{border-color:var(--accent);color:var(--accent)}
section{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:1.5rem 1.6rem;margin:0 0 1.2rem}
section>*:last-child{margin-bottom:0}
.verdict{display:inline-block;border-radius:8px;padding:.35rem .8rem;margin:0;font-weight:600;background:var(--line)}
.verdict.good,.notice.good{background:var(--good-soft);color:var(--good)}
.verdict.bad,.notice.bad{background:var(--bad-soft);color:var(--bad)}
.notice{border-radius:8px;padding:.5rem .8rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(11.5rem,1fr));gap:.8rem;margin:0 0 1.2rem}
.figure{border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}
.figure .label{color:var(--muted);font-size:.85rem}
.figure .value{font-size:1.75rem;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums;line-height:1.25}
.figure .note{color:var(--muted);font-size:.82rem}
.good{color:var(--good)}.bad{color:var(--bad)}.muted{color:var(--muted)}
.scroll{overflow-x:auto;margin:0 0 1.2rem}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--muted);padding:0 0 .4rem;font-size:.88rem}
th{font-weight:600;text-align:left;color:var(--muted);font-size:.82rem}
th,td{padding:.42rem .7rem .42rem 0;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child td{border-bottom:0}
.right{text-align:right}
td.right:not(:last-child),th.right:not(:last-child){padding-right:1.2rem}
code{font:.86em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:.1rem 2rem;margin:0 0 1.2rem}
dl div{display:grid;grid-template-columns:9.5rem 1fr;gap:.6rem;padding:.32rem 0;border-bottom:1px solid var(--line)}
dt{color:var(--muted);font-size:.9rem}dd{margin:0;overflow-wrap:anywhere}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr));gap:1.2rem;margin:0 0 1.2rem}
figure{margin:0;border:1px solid var(--line);border-radius:10px;padding:.9rem 1rem .4rem}
figcaption{font-weight:600;font-size:.95rem;display:flex;flex-wrap:wrap;gap:.2rem 1rem;justify-content:space-between}
.legend{font-weight:400;font-size:.83rem;color:var(--muted);display:flex;flex-wrap:wrap;gap:.2rem .9rem}
.legend i{display:inline-block;width:.9rem;height:.2rem;border-radius:2px;vertical-align:middle;margin-right:.35rem}
.plot{display:block;width:100%;height:auto;color:var(--muted);font-family:inherit}
.plot text{white-space:pre}
.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:.8rem;margin:0 0 1.2rem}
.samples article{border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}
.samples p{margin:0 0 .35rem;overflow-wrap:anywhere;white-space:pre-wrap}
.prompt{font-weight:600}.answer{font-family:Georgia,"Iowan Old Style","Noto Serif",serif}
.reference,.samples .note{color:var(--muted);font-size:.88rem}.reference span{text-transform:uppercase;font-size:.7rem;letter-spacing:.06em}
.changes{margin:0 0 .9rem}.changes p{margin:0 0 .3rem}
.changes pre{margin:0;border:1px solid var(--line);border-radius:10px;padding:.7rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere;font:.9em/1.5 inherit;font-family:inherit}
del{color:var(--bad);background:color-mix(in srgb,var(--bad) 12%,transparent)}
ins{color:var(--good);background:color-mix(in srgb,var(--good) 12%,transparent);text-decoration:none}
details{border-top:1px solid var(--line);padding-top:.7rem;margin-top:.4rem}
summary{cursor:pointer;color:var(--muted);margin-bottom:.7rem}
.flow{width:100%;height:auto;display:block}
.flow rect{fill:var(--page);stroke:var(--line)}
.flow .name{font-weight:600;font-size:14px;fill:var(--text)}.flow .detail{font-size:11.5px;fill:var(--muted)}
.flow .arrows path{fill:none;stroke:var(--muted);stroke-width:1.3}.flow .head{fill:var(--muted)}
footer{color:var(--muted);font-size:.85rem;padding-top:.5rem;padding-bottom:3rem}
@media print{body{background:#fff}section{break-inside:avoid}nav{display:none}}
`;
