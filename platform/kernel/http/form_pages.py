"""Small pages for links in mails: they show a form that POSTs to the API; opening them changes nothing.

They need no front end, no cookie and no file: style and script are in the page, and the policy allows just these two.
"""

from base64 import b64encode
from hashlib import sha256
from typing import Literal

import msgspec
from litestar import MediaType, Response

STYLE = """
body{margin:0;padding:3rem 1.5rem;font:1.1rem/1.6 Georgia,serif;background:#f6f5f2;color:#1d1d1b}
main{max-width:32rem;margin:auto}
label{display:block;margin:1rem 0}
input{display:block;width:100%;box-sizing:border-box;margin-top:.3rem}
input{font:inherit;padding:.5rem;border:1px solid #8a877f}
button{font:inherit;padding:.6rem 1.2rem;border:0;background:#1d1d1b;color:#fff;cursor:pointer}
button[disabled]{opacity:.5}
@media(prefers-color-scheme:dark){body{background:#1d1d1b;color:#f6f5f2}button{background:#f6f5f2;color:#1d1d1b}}
"""
SCRIPT = """
const form=document.querySelector('form'),button=form.querySelector('button'),answer=document.querySelector('output');
form.addEventListener('submit',async event=>{
  event.preventDefault();
  button.disabled=true;
  const token=new URLSearchParams(location.search).get('token')||'',inQuery=form.dataset.token==='query';
  const url=form.dataset.action+(inQuery?'?token='+encodeURIComponent(token):'');
  const body=inQuery?undefined:JSON.stringify({...Object.fromEntries(new FormData(form)),token});
  try{
    const response=await fetch(url,{method:'POST',headers:body?{'Content-Type':'application/json'}:{},body});
    if(response.ok){form.hidden=true;answer.textContent=form.dataset.done;return}
    const problem=await response.json();
    answer.textContent=problem.errors?problem.errors.map(each=>each.message).join(' '):problem.title+'.';
    button.disabled=!problem.errors&&response.status<500&&response.status!==429;
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


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """One question and one button; every word is ours, nothing of the request is shown."""

    title: str
    text: str
    button: str
    action: str
    """Where the form is POSTed to."""
    done: str
    """What is said when that went well."""
    fields: str = ""
    """Input elements; their values go into the body beside the token."""
    token_in: Literal["body", "query"] = "body"  # noqa: S105 - no secret
    """Where the API expects the token out of the link."""

    def response(self) -> Response[str]:
        """The page; no other site may show it in a frame."""
        html = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{self.title}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>'
            f"<h1>{self.title}</h1><p>{self.text}</p>"
            f'<form data-action="{self.action}" data-done="{self.done}" data-token="{self.token_in}">'
            f"{self.fields}<p><button>{self.button}</button></p></form>"
            f'<p><output aria-live="polite"></output></p></main><script>{SCRIPT}</script></body></html>'
        )
        return Response(html, media_type=MediaType.HTML, headers={"Content-Security-Policy": POLICY})
