"""Small pages for links in mails: they show a button that POSTs to the API; opening them changes nothing."""

from base64 import b64encode
from hashlib import sha256

from litestar import MediaType, Response

STYLE = """
body{margin:0;padding:3rem 1.5rem;font:1.1rem/1.6 Georgia,serif;background:#f6f5f2;color:#1d1d1b}
main{max-width:32rem;margin:auto}
button{font:inherit;padding:.6rem 1.2rem;border:0;background:#1d1d1b;color:#fff;cursor:pointer}
button[disabled]{opacity:.5}
@media(prefers-color-scheme:dark){body{background:#1d1d1b;color:#f6f5f2}button{background:#f6f5f2;color:#1d1d1b}}
"""
SCRIPT = """
const button=document.querySelector('button'),answer=document.querySelector('output');
button.addEventListener('click',async()=>{
  button.disabled=true;
  const token=new URLSearchParams(location.search).get('token')||'';
  try{
    const request=button.dataset.place==='query'
      ?[button.dataset.action+'?token='+encodeURIComponent(token),{method:'POST'}]
      :[button.dataset.action,{method:'POST',
        headers:{'Content-Type':'application/json'},body:JSON.stringify({token})}];
    const response=await fetch(...request);
    answer.textContent=response.ok?button.dataset.done:(await response.json()).title+'.';
  }catch{answer.textContent='The server does not answer. Please try again.';button.disabled=false}
});
"""


def allow(source: str) -> str:
    """A CSP source for one inline element."""
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; script-src {allow(SCRIPT)}; style-src {allow(STYLE)}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(title: str, text: str, button: str, *, action: str, done: str, token_in_query: bool = False) -> Response[str]:
    """One question and one button; every argument is ours, nothing of the request is shown.

    The token of the page's address is sent in a JSON body, or in the query.
    """
    place = "query" if token_in_query else "body"
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>'
        f"<h1>{title}</h1><p>{text}</p>"
        f'<p><button data-action="{action}" data-place="{place}" data-done="{done}">{button}</button></p>'
        f'<p><output aria-live="polite"></output></p></main><script>{SCRIPT}</script></body></html>'
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Response(html, media_type=MediaType.HTML, headers=headers)
