package reports

import (
	"context"

	"github.com/chromedp/chromedp"
)

// clickNode clicks a box of a diagram.
func clickNode(selector string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return chromedp.Evaluate(
			`document.querySelector('`+selector+`').dispatchEvent(new MouseEvent("click", {bubbles: true}))`,
			nil,
		).Do(ctx)
	})
}
