# SPDX-License-Identifier: GPL-2.0-only
"""browser.py TEST URL LABCTL PICTURES: looks at the page as people do. See browser.bats."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from browser import Browser  # noqa: E402

SHIFT = 8


class Page(Browser):
    def __init__(self, url, pictures, **size):
        super().__init__(**size)
        self.pictures = pictures
        self.prefer(color_scheme="light", reduced_motion="no-preference")
        self.open(url)
        self.wait("document.querySelector('.pill.live') && document.querySelectorAll('.box').length", 20)

    def picture(self, name):
        self.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.screenshot(os.path.join(self.pictures, name + ".png"))

    def click_on(self, selector, modifiers=0):
        x, y = self.wait(f"""(() => {{
            const r = document.querySelector({selector!r})?.getBoundingClientRect();
            return r && r.width ? [r.left + r.width / 2, r.top + Math.min(r.height / 2, 12)] : null;
        }})()""")
        self.click(x, y, modifiers)

    def box(self, name):
        """A selector of the box that begins with these words for a screen reader."""
        return f"[data-box][aria-label^=\"{name}\"]"

    def text(self, selector):
        return self.eval(f"document.querySelector({selector!r})?.textContent ?? ''")

    def has(self, selector, text, seconds=10):
        self.wait(f"(document.querySelector({selector!r})?.textContent ?? '').includes({text!r})", seconds)


def tabs_fit(p, width):
    """Each tab is in the window, and in the bar, with the counts that some have."""
    p.wait(f"innerWidth === {width}")
    wrong = p.eval("""(() => {
        const bar = document.querySelector('.tabs').getBoundingClientRect();
        return [...document.querySelectorAll('.tabs button')].filter((tab) => {
            const r = tab.getBoundingClientRect();
            return r.left < bar.left || r.right > Math.min(bar.right, innerWidth) || r.bottom > bar.bottom
                || tab.scrollWidth > tab.clientWidth;
        }).map((tab) => tab.textContent);
    })()""")
    assert p.eval("document.documentElement.scrollWidth") == width, f"the page is wider than {width}"
    right = p.eval("document.getElementById('panel').getBoundingClientRect().right")
    assert right <= width, f"the panel ends at {right} of {width}"
    assert wrong == [], f"tabs that do not fit at {width}: {wrong}"


def student(url, labctl, pictures):
    with Page(url, pictures, width=1440, height=900) as p:
        # the key is not left where others may see it
        assert "#" not in p.eval("location.href"), "the key stays in the address"
        p.has("#title", "One gateway")
        api = p.eval("document.querySelector('#targets option[value$=\"/hello\"]').value.split(' ')[1]")
        traffic = subprocess.Popen(
            [labctl, "exec", "hybrid", "idc-client", "sh", "-c", 'while :; do curl -s -m 2 -o /dev/null "$0"; done', api])
        try:
            p.wait("document.querySelector('.edge.flowing .link.line')")
            p.wait("document.querySelector('.rate-pill')?.textContent.includes('bit/s')")
            p.wait("document.querySelector('.dot')")
            p.picture("light")
        finally:
            traffic.kill()
            traffic.wait()
        # a node, then a second one
        p.click_on(p.box("VPC vpc-1"))
        p.has("#node h2", "vpc-1")
        p.has("#node", "lab.yaml:")
        assert p.eval("document.getElementById('tab-node').getAttribute('aria-selected')") == "true"
        p.picture("node")
        p.click_on(p.box("host idc-client"))
        p.has("#node h2", "idc-client")
        p.click_on(p.box("host idc-service"), SHIFT)
        p.has("#node h2", "idc-client → idc-service")
        p.has("#node .verdict", "Reachable")
        p.picture("way")
        # the second need not be a node: a gateway offers its APIs, a function has one, a VBR answers
        def from_client_to(box):
            p.click_on(p.box("host idc-client"))
            p.wait("document.querySelector('#way-to')")
            p.click_on(f"[data-id='{box}']", SHIFT)
        from_client_to("gateway.apigw-1")
        p.has("#node h2", "idc-client → apigw-1")
        p.has("#node .members", "orders")
        p.click_on("#node .members button")
        p.has("#node .verdict", "Answered by function hello")
        from_client_to("function.hello")
        p.has("#node .verdict", "Answered by function hello")
        from_client_to("vbr.vbr-1")
        p.has("#node h2", "idc-client → vbr-1")
        p.has("#node .verdict", "Reachable")
        from_client_to("circuit.pc-1")
        p.has("#notice", "Nothing of pc-1 answers")
        # checks: their calls go over the picture
        p.click_on("#tab-checks")
        p.click_on("#checks button.main")
        p.has("#checks", "All 4 checks hold", 40)
        p.wait("document.querySelectorAll('#calls .status').length >= 4")
        assert p.eval("document.querySelectorAll('.tabs .count').length") >= 2, "no tab has a count"
        for width, mobile in [(1280, False), (1024, False), (375, True), (1440, False)]:
            p.size(width, 900, mobile=mobile)
            p.picture(f"tabs-{width}")
            tabs_fit(p, width)
        p.prefer(color_scheme="dark")
        p.wait("document.documentElement.dataset.theme === 'dark'")
        p.picture("dark")
        # keys alone
        p.eval("document.querySelector('.box[tabindex=\"0\"]').focus()")
        before = p.eval("document.activeElement.dataset.box")
        p.key("ArrowUp")
        after = p.eval("document.activeElement.dataset.box")
        assert after and after != before, "arrow keys do not go from box to box"
        name = p.eval("document.activeElement.getAttribute('aria-label')")
        assert name, "a box has no name for a screen reader"
        p.key("Enter")
        p.wait("document.activeElement.classList.contains('first')")
        scale = p.eval("document.getElementById('camera').getAttribute('transform')")
        p.key("+")
        assert p.eval("document.getElementById('camera').getAttribute('transform')") != scale, "plus does not zoom"
        # everything that can be pressed has a name
        nameless = p.eval("""[...document.querySelectorAll('button, input, [role=button], [role=tab]')]
            .filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length))
            .map((e) => e.outerHTML)""")
        assert nameless == [], nameless
        # a link is broken, and mended
        p.click_on("#tab-links")
        p.click_on("#links [aria-label='Break pc-1']")
        p.has("#links", "not as in the file", 20)
        p.wait("document.querySelector('.edge.broken')")
        p.picture("links")
        p.click_on("#links [aria-label='Mend pc-1']")
        p.wait("document.querySelector(\"#links [aria-label='Break pc-1']\")", 20)
        # who works by keys stays where they are, and sees what they saw, when the lab changes
        p.eval("document.querySelector(\"#links [aria-label='Break pc-1']\").focus()")
        p.key("Enter")
        p.wait("document.activeElement.getAttribute('aria-label') === 'Mend pc-1'", 20)
        p.key("Enter")
        p.wait("document.activeElement.getAttribute('aria-label') === 'Break pc-1'", 20)
        p.click_on(p.box("host idc-client"))
        p.has("#node h2", "idc-client")
        p.click_on(p.box("host idc-service"), SHIFT)
        p.has("#node .verdict", "Reachable")
        p.eval("document.querySelector(\"[data-id='host.idc-service']\").focus()")
        p.eval("window.former = document.querySelector(\"[data-id='host.idc-service']\")")
        subprocess.run([labctl, "link", "hybrid", "pc-1", "down"], check=True, stdout=subprocess.DEVNULL)
        p.wait("!window.former.isConnected", 20)
        p.wait("document.activeElement.dataset.id === 'host.idc-service'")
        p.wait("document.querySelector('.second')?.dataset.id === 'host.idc-service'")
        p.has("#node h2", "idc-client → idc-service")
        p.click_on(p.box("host idc-client"))
        p.wait("document.querySelector('#way-to')")
        p.eval("Object.assign(document.querySelector('#way-to'), {value: 'ecs-3'}).focus()")
        p.eval("document.querySelector('#way-to').setSelectionRange(1, 3)")
        p.eval("window.former = document.querySelector('#way-to')")
        subprocess.run([labctl, "reset", "hybrid"], check=True, stdout=subprocess.DEVNULL)
        p.wait("!window.former.isConnected", 20)
        p.wait("document.activeElement.id === 'way-to'")
        assert p.eval("[document.activeElement.value, document.activeElement.selectionStart].join()") == "ecs-3,1"
        # a telephone
        p.prefer(color_scheme="light")
        p.size(390, 844, mobile=True)
        p.wait("innerWidth === 390")
        assert p.eval("document.documentElement.scrollWidth") == 390, "the page is wider than a telephone"
        p.click_on("#zoom-fit")
        p.click_on("#tab-lesson")
        p.picture("phone")
        assert p.problems == [], p.problems


def crowd(url, labctl, pictures):
    with Page(url, pictures, width=1440, height=900) as p:
        assert p.eval("document.querySelectorAll('.box').length") < 100, "nothing is grouped"
        p.picture("thousand")
        # into one of a crowd: a VPC, then one of its instances
        p.click_on(p.box("VPC 10 VPCs"))
        p.click_on("#node .members button")
        p.has("#node h2", "vpc-")
        p.wait("document.querySelectorAll('#node td').length > 30")
        # by name
        p.eval("document.getElementById('find-name').value = 'ecs-50-20'")
        p.eval("document.getElementById('find').requestSubmit()")
        p.has("#node h2", "ecs-50-20")
        p.picture("thousand-node")
        frames = p.eval("""(async () => {
            const began = performance.now();
            for (let i = 0; i < 20; i++) {
                document.getElementById(i % 2 ? 'zoom-out' : 'zoom-in').click();
                await new Promise(requestAnimationFrame);
            }
            return (performance.now() - began) / 20;
        })()""")
        print(f"{frames:.1f} ms a frame", file=sys.stderr)
        assert p.problems == [], p.problems


if __name__ == "__main__":
    {"student": student, "crowd": crowd}[sys.argv[1]](*sys.argv[2:])
