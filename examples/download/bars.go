package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// bars is the screen for a terminal: a bar for each file that is being fetched,
// below the lines of those that have ended.
type bars struct {
	progress *mpb.Progress
	width    int // of the names
}

// newBars draws on the terminal to, for files of these names.
func newBars(ctx context.Context, to io.Writer, names []string, opts ...mpb.ContainerOption) *bars {
	width := 0
	for _, name := range names {
		width = min(max(width, len([]rune(name))), nameWidth)
	}
	// The terminal shows ^C where it is typed, and drawing goes on from there.
	context.AfterFunc(ctx, func() { fmt.Fprint(to, "\r") })
	opts = append(opts, mpb.WithOutput(to), mpb.PopCompletedMode(), mpb.WithRefreshRate(rate))
	return &bars{mpb.New(opts...), width}
}

func (b *bars) close() { b.progress.Wait() }

// barWidth and nameWidth leave room for the text on a terminal of 80 columns.
const (
	barWidth  = 22
	nameWidth = 20
)

func (b *bars) row(name string) row {
	r := &barRow{text: "connecting", began: time.Now()}
	style := mpb.BarStyle().Lbound("").Filler("━").Tip("━").Refiller("─").Padding(" ").Rbound("")
	r.bar = b.progress.New(0, style,
		mpb.BarWidth(barWidth),
		mpb.PrependDecorators(decor.Name(shorten(name, b.width), decor.WC{W: b.width, C: decor.DindentRight})),
		mpb.AppendDecorators(decor.Any(r.status)),
	)
	return r
}

// A barRow is a file's name, its bar, of which the thin part was there before the
// last interruption, and a text.
type barRow struct {
	bar *mpb.Bar

	mu    sync.Mutex // the drawing is another goroutine's
	text  string     // in place of amount, speed and time left; empty: those
	now   report
	from  int64 // bytes that were there at began
	began time.Time
}

func (r *barRow) show(now report) {
	r.mu.Lock()
	if now.Note != "" || now.Have > r.now.Have {
		r.text = now.Note
	}
	if now.Note != "" {
		r.from, r.began = now.Have, time.Now()
	}
	r.now = now
	from := r.from
	r.mu.Unlock()

	r.bar.SetTotal(max(now.Size, 0), false)
	r.bar.SetCurrent(now.Have)
	r.bar.SetRefill(from)
}

func (r *barRow) end(out outcome, err error) {
	r.mu.Lock()
	r.text = ending(out, err)
	r.mu.Unlock()
	if err != nil {
		r.bar.Abort(false)
		return
	}
	r.bar.SetTotal(out.Size, true)
}

// status is the text beside the bar.
func (r *barRow) status(decor.Statistics) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.text != "" {
		return r.text
	}
	return pace(r.now, r.from, time.Since(r.began))
}

// pace tells how much there is, the average speed at which it came since there
// were from bytes, and the time left at that speed.
func pace(now report, from int64, elapsed time.Duration) string {
	text := amount(now.Have, now.Size)
	speed := float64(now.Have-from) / max(elapsed, time.Millisecond).Seconds()
	if speed < 1 {
		return text
	}
	text += fmt.Sprintf(", %s/s", size(int64(speed)))
	if now.Size >= 0 {
		left := time.Duration(float64(now.Size-now.Have) / speed * float64(time.Second))
		text += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	return text
}

// shorten cuts the end off a text of more than width characters.
func shorten(text string, width int) string {
	if r := []rune(text); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return text
}
