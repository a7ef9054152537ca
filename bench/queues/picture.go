package queues

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/multiproc-go/multiproc/bench/internal/harness"
	"github.com/multiproc-go/multiproc/bench/internal/stage"
	"github.com/multiproc-go/multiproc/bench/peers"
)

// pictured are the sizes in the picture.
var pictured = []int{16, 64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20}

// Picture measures streams of messages of all sizes, left to the scheduler, and draws
// how many thousands of them a second each contestant carries, as SVG.
func Picture(ctx context.Context, self harness.Program, shelf *peers.Shelf, rounds int, to io.Writer) error {
	f := field{self, shelf}
	lines := make(map[string]plotter.XYs)
	for _, size := range pictured {
		rows, err := harness.Run(ctx, f.stream(size, stage.Free), rounds)
		if err != nil {
			return err
		}
		lines[multiproc] = append(lines[multiproc], plotter.XY{X: float64(size), Y: rows[0].Ours})
		for _, r := range rows {
			if !math.IsNaN(r.Peer) {
				lines[r.Name] = append(lines[r.Name], plotter.XY{X: float64(size), Y: r.Peer})
			}
		}
	}
	return picture(lines, to)
}

const multiproc = "multiproc"

// picture draws the lines, named in the order of their ends at the left.
func picture(lines map[string]plotter.XYs, to io.Writer) error {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Padding = vg.Points(8)
	p.Title.Text = "Messages through a queue, from one process to another, on two processors"
	p.X.Label.Padding = vg.Points(6)
	p.X.Label.Text = "size of a message"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = sizes{}, powers{}
	p.X.Min, p.X.Max = 12, 1.4*float64(pictured[len(pictured)-1])
	p.Y.Max = 1
	p.Add(plotter.NewGrid())

	names := make([]string, 0, len(lines))
	for name, points := range lines {
		names = append(names, name)
		for _, point := range points {
			p.Y.Max = max(p.Y.Max, point.Y)
		}
	}
	p.Y.Max = math.Pow(10, math.Ceil(math.Log10(p.Y.Max)))
	p.Y.Min = 0.1
	slices.SortFunc(names, func(a, b string) int { return int(math.Copysign(1, lines[b][0].Y-lines[a][0].Y)) })
	legend := plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.Padding = vg.Points(3)
	legend.ThumbnailWidth = vg.Points(24)
	for i, name := range names {
		line, points, err := plotter.NewLinePoints(lines[name])
		if err != nil {
			return fmt.Errorf("draw %s: %w", name, err)
		}
		line.Color, points.Color = colours[i%len(colours)], colours[i%len(colours)]
		points.Shape, points.Radius = shapes[i%len(shapes)], vg.Points(3)
		line.Width = vg.Points(1.2)
		if name == multiproc {
			line.Width, line.Color, points.Color = vg.Points(3), color.Black, color.Black
		}
		p.Add(line, points)
		legend.Add(name, line, points)
	}
	return render(p, legend, to)
}

// render puts the legend beside the plot, where it hides nothing, and names the Y axis
// itself: with a logarithmic scale plot makes room for the name in the wrong place.
func render(p *plot.Plot, legend plot.Legend, to io.Writer) error {
	const width, height, beside = 26 * vg.Centimeter, 15 * vg.Centimeter, 7.2 * vg.Centimeter
	svg := vgsvg.New(width, height)
	page := draw.New(svg)
	page.SetColor(color.White)
	page.Fill(page.Rectangle.Path())
	name := p.X.Label.TextStyle
	name.Rotation, name.YAlign = math.Pi/2, draw.YTop
	page.FillText(name, vg.Point{X: vg.Points(8), Y: height / 2}, "thousand messages per second")
	p.Draw(draw.Crop(page, vg.Points(28), -beside, vg.Points(8), -vg.Points(8)))
	legend.Draw(draw.Crop(page, width-beside+vg.Points(12), 0, 0, -vg.Points(30)))
	var text bytes.Buffer
	if _, err := svg.WriteTo(&text); err != nil {
		return err
	}
	const family = "font-family:Liberation Sans"
	_, err := to.Write(bytes.ReplaceAll(text.Bytes(), []byte(family), []byte(family+",Arial,Helvetica,sans-serif"))) // for those who have it not
	return err
}

// sizes are the ticks of the sizes in the picture.
type sizes struct{}

// Ticks are where there are figures.
func (sizes) Ticks(_, _ float64) []plot.Tick {
	var ticks []plot.Tick
	for _, size := range pictured {
		ticks = append(ticks, plot.Tick{Value: float64(size), Label: sizeText(size)})
	}
	return ticks
}

// powers are ticks at powers of ten, written in full.
type powers struct{}

// Ticks are labelled at powers of ten.
func (powers) Ticks(least, most float64) []plot.Tick {
	var ticks []plot.Tick
	for exponent := int(math.Floor(math.Log10(least))); math.Pow10(exponent) <= most; exponent++ {
		power := math.Pow10(exponent)
		ticks = append(ticks, plot.Tick{Value: power, Label: humanly(power)})
		for i := 2.0; i < 10 && power < most; i++ {
			ticks = append(ticks, plot.Tick{Value: i * power})
		}
	}
	return ticks
}

// humanly is 10,000 and not 10000.
func humanly(power float64) string {
	if power >= 1000 {
		return fmt.Sprintf("%g,000", power/1000)
	}
	return fmt.Sprintf("%g", power)
}

// Contestants are told apart by colour and by shape.
var (
	colours = []color.Color{
		color.RGBA{0x1f, 0x77, 0xb4, 0xff}, color.RGBA{0xff, 0x7f, 0x0e, 0xff}, color.RGBA{0x2c, 0xa0, 0x2c, 0xff},
		color.RGBA{0xd6, 0x27, 0x28, 0xff}, color.RGBA{0x94, 0x67, 0xbd, 0xff}, color.RGBA{0x8c, 0x56, 0x4b, 0xff},
		color.RGBA{0xe3, 0x77, 0xc2, 0xff}, color.RGBA{0x7f, 0x7f, 0x7f, 0xff}, color.RGBA{0xbc, 0xbd, 0x22, 0xff},
		color.RGBA{0x17, 0xbe, 0xcf, 0xff}, color.RGBA{0x39, 0x3b, 0x79, 0xff}, color.RGBA{0x84, 0x3c, 0x39, 0xff},
	}
	shapes = []draw.GlyphDrawer{
		draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{},
	}
)
