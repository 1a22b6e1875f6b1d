package tree_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/tree"
)

func element(n *big.Int) (e fr.Element) {
	e.SetBigInt(n)
	return e
}

func elements(list []*big.Int) []fr.Element {
	out := make([]fr.Element, len(list))
	for i, n := range list {
		out[i] = element(n)
	}
	return out
}

func variables(list []fr.Element) []frontend.Variable {
	out := make([]frontend.Variable, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

type permuteCircuit struct{ State, Out [4]frontend.Variable }

func (c *permuteCircuit) Define(api frontend.API) error {
	hasher, err := tree.NewHasher(api)
	if err != nil {
		return err
	}
	for i, lane := range hasher.Permute(c.State) {
		api.AssertIsEqual(lane, c.Out[i])
	}
	return nil
}

func TestPermute_C11_Vectors(t *testing.T) {
	system := forge.Compile(t, &permuteCircuit{})
	if got := system.GetNbConstraints() - 4; got != 264 {
		t.Errorf("a permutation costs %d constraints, it should cost 264", got)
	}
	for _, c := range golden.Load(t, "poseidon2", "permute") {
		in, want := [4]fr.Element(elements(c.In.Ints("state"))), [4]fr.Element(elements(c.Out.Ints()))
		if got := tree.Permute(in); got != want {
			t.Errorf("case %d: plain Go gives %v", c.ID, got)
		}
		assignment := &permuteCircuit{
			State: [4]frontend.Variable(variables(in[:])), Out: [4]frontend.Variable(variables(want[:])),
		}
		forge.Accepts(t, system, assignment)
		assignment.Out[3] = 0
		forge.Refuses(t, system, assignment)
	}
}

type compressCircuit struct {
	Children [4]frontend.Variable
	Node     frontend.Variable
}

func (c *compressCircuit) Define(api frontend.API) error {
	hasher, err := tree.NewHasher(api)
	if err != nil {
		return err
	}
	api.AssertIsEqual(hasher.Compress(c.Children), c.Node)
	return nil
}

func TestCompress_C11_Vectors(t *testing.T) {
	system := forge.Compile(t, &compressCircuit{})
	for _, c := range golden.Load(t, "poseidon2", "compress") {
		if c.Reject != "" {
			continue // not four elements of the field: an array cannot hold it
		}
		children := [4]fr.Element(elements(c.In.Ints("children")))
		want := element(c.Out.Int())
		if got := tree.Compress(children); got != want {
			t.Errorf("case %d: plain Go gives %v", c.ID, got)
		}
		inputs := [4]frontend.Variable(variables(children[:]))
		forge.Accepts(t, system, &compressCircuit{Children: inputs, Node: want})
		truncated := tree.Permute(children)[0]
		forge.Refuses(t, system, &compressCircuit{Children: inputs, Node: truncated})
	}
}

type spongeCircuit struct {
	Elements []frontend.Variable
	Hash     frontend.Variable
	tag      tree.Tag
}

func (c *spongeCircuit) Define(api frontend.API) error {
	hasher, err := tree.NewHasher(api)
	if err != nil {
		return err
	}
	api.AssertIsEqual(hasher.Sponge(c.tag, c.Elements), c.Hash)
	return nil
}

func TestSponge_C11_Vectors(t *testing.T) {
	for _, c := range golden.Load(t, "poseidon2", "sponge") {
		if c.Reject != "" {
			continue
		}
		tag, list, want := tree.Tag(c.In.Int("tag").Uint64()), elements(c.In.Ints("elements")), element(c.Out.Int())
		if got := tree.Sponge(tag, list); got != want {
			t.Errorf("case %d: plain Go gives %v", c.ID, got)
		}
		if len(list) == 0 {
			continue // a circuit has constants only then
		}
		empty := &spongeCircuit{Elements: make([]frontend.Variable, len(list)), tag: tag}
		system := forge.Compile(t, empty)
		forge.Accepts(t, system, &spongeCircuit{Elements: variables(list), Hash: want})
		other := tree.Sponge(tag+1, list)
		forge.Refuses(t, system, &spongeCircuit{Elements: variables(list), Hash: other})
	}
}

// pathDepth is the depth of the tree in the path's tests.
const pathDepth = 4

type pathCircuit struct {
	Path                     [pathDepth]tree.Level
	Before, After            frontend.Variable
	Index, Root, RootUpdated frontend.Variable
}

func (c *pathCircuit) Define(api frontend.API) error {
	hasher, err := tree.NewHasher(api)
	if err != nil {
		return err
	}
	api.AssertIsEqual(tree.Index(api, c.Path[:]), c.Index)
	before, after := hasher.Update(c.Path[:], c.Before, c.After)
	api.AssertIsEqual(before, c.Root)
	api.AssertIsEqual(after, c.RootUpdated)
	return nil
}

// honestPath is an assignment for a random tree.
func honestPath(index uint64, random *rand.Rand) *pathCircuit {
	draw := func() (e fr.Element) {
		e.SetUint64(random.Uint64())
		e.Square(&e).Square(&e)
		return e
	}
	siblings := make([][3]fr.Element, pathDepth)
	for i := range siblings {
		siblings[i] = [3]fr.Element{draw(), draw(), draw()}
	}
	before, after := draw(), draw()
	return &pathCircuit{
		Path: [pathDepth]tree.Level(tree.NewLevels(index, siblings)), Before: before, After: after, Index: index,
		Root: tree.Root(index, before, siblings), RootUpdated: tree.Root(index, after, siblings),
	}
}

func TestUpdate_C11_EveryPlaceAgreesWithPlainGo(t *testing.T) {
	system := forge.Compile(t, &pathCircuit{})
	random := rand.New(rand.NewPCG(1, 2))
	for index := range uint64(1) << (2 * pathDepth) {
		if index%5 == 0 || index < 16 {
			forge.Accepts(t, system, honestPath(index, random))
		}
	}
}

func TestUpdate_C11_ForgedPathIsRejected(t *testing.T) {
	system := forge.Compile(t, &pathCircuit{})
	for name, change := range map[string]func(*pathCircuit){
		"other leaf":              func(c *pathCircuit) { c.Before = 1 },
		"other new leaf":          func(c *pathCircuit) { c.After = 1 },
		"other index":             func(c *pathCircuit) { c.Index = 28 },
		"other place":             func(c *pathCircuit) { c.Path[0].Low, c.Index = 0, 26 },
		"other pair":              func(c *pathCircuit) { c.Path[1].High, c.Index = 1, 35 },
		"paired sibling":          func(c *pathCircuit) { c.Path[3].Paired = 1 },
		"sibling across":          func(c *pathCircuit) { c.Path[2].Across[0] = 1 },
		"bits that are not bits":  func(c *pathCircuit) { c.Path[0].Low, c.Path[0].High = 3, 0 },
		"high bit that is no bit": func(c *pathCircuit) { c.Path[1].High, c.Path[1].Low = -1, 4 },
	} {
		t.Run(name, func(t *testing.T) {
			c := honestPath(27, rand.New(rand.NewPCG(3, 4)))
			change(c)
			forge.Refuses(t, system, c)
		})
	}
	t.Run("a digit of 4 that is accepted as sum of no bits", func(t *testing.T) {
		// Low = 2, High = 1 would be position 4 of this level, or position 0 of the next leaf: two paths for one index.
		c := honestPath(28, rand.New(rand.NewPCG(3, 4)))
		c.Path[0].Low, c.Path[0].High = 2, 1
		c.Path[1].Low, c.Path[1].High = 0, 1
		forge.Refuses(t, system, c)
	})
}

// TestUpdate_C11_AnyLeafWouldFitIfPositionsWereNoBits proves a leaf that is in no tree: with a position that is not 0 or 1,
// four children can be met by siblings made for it.
func TestUpdate_C11_AnyLeafWouldFitIfPositionsWereNoBits(t *testing.T) {
	system := forge.Compile(t, &pathCircuit{})
	draw := func(n uint64) fr.Element { return element(new(big.Int).SetUint64(n)) }
	c := [4]fr.Element{draw(11), draw(22), draw(33), draw(44)}
	fake, siblings := draw(777), make([][3]fr.Element, pathDepth)
	siblings[0] = [3]fr.Element{c[1], c[2], c[3]}
	root := tree.Root(0, c[0], siblings)
	forged := func(level tree.Level) *pathCircuit {
		p := &pathCircuit{Path: [pathDepth]tree.Level(tree.NewLevels(0, siblings)), Before: fake, After: fake}
		p.Path[0], p.Root, p.RootUpdated = level, root, root
		var index, high fr.Element
		lowBit, highBit := level.Low.(fr.Element), level.High.(fr.Element)
		high.Double(&highBit)
		p.Index = *index.Add(&lowBit, &high)
		return p
	}
	// left + right = fake + paired, left = fake + low (paired - fake): solved for left = c0, right = c1.
	paired := sub(add(c[0], c[1]), fake)
	low := div(sub(c[0], fake), sub(paired, fake))
	forge.Refuses(t, system, forged(tree.Level{
		Low: low, High: fr.Element{}, Paired: paired, Across: [2]frontend.Variable{c[2], c[3]},
	}))
	// The same between the pairs: c0 + c2 = fake + a0, c1 + c3 = right + a1, one high bit for both.
	a0 := sub(add(c[0], c[2]), fake)
	high := div(sub(c[0], fake), sub(a0, fake))
	right := div(sub(c[1], mul(high, add(c[1], c[3]))), sub(draw(1), add(high, high)))
	forge.Refuses(t, system, forged(tree.Level{
		Low: fr.Element{}, High: high, Paired: right, Across: [2]frontend.Variable{a0, sub(add(c[1], c[3]), right)},
	}))
}

func add(a, b fr.Element) (c fr.Element) { return *c.Add(&a, &b) }
func sub(a, b fr.Element) (c fr.Element) { return *c.Sub(&a, &b) }
func mul(a, b fr.Element) (c fr.Element) { return *c.Mul(&a, &b) }
func div(a, b fr.Element) (c fr.Element) { return *c.Div(&a, &b) }

func TestRoot_C11_Vectors(t *testing.T) {
	for _, c := range golden.Load(t, "tree", "root_from_path") {
		if c.Reject != "" {
			continue
		}
		list := elements(c.In.Ints("siblings"))
		siblings := make([][3]fr.Element, len(list)/3)
		for i := range siblings {
			siblings[i] = [3]fr.Element(list[3*i:])
		}
		index, leaf, want := c.In.Int("index").Uint64(), element(c.In.Int("leaf")), element(c.Out.Int())
		if got := tree.Root(index, leaf, siblings); got != want {
			t.Errorf("case %d: plain Go gives %v", c.ID, got)
		}
		if len(siblings) != pathDepth {
			continue
		}
		assignment := &pathCircuit{
			Path: [pathDepth]tree.Level(tree.NewLevels(index, siblings)), Before: leaf, After: leaf,
			Index: index, Root: want, RootUpdated: want,
		}
		forge.Accepts(t, forge.Compile(t, &pathCircuit{}), assignment)
	}
	for _, c := range golden.Load(t, "tree", "empty_root") {
		depth, leaf, want := int(c.In.Int("depth").Int64()), element(c.In.Int("leaf")), element(c.Out.Int())
		if got := tree.Uniform(leaf, depth); got != want {
			t.Errorf("case %d: plain Go gives %v", c.ID, got)
		}
	}
}

func TestTags_C11_AllDiffer(t *testing.T) {
	seen := make(map[string]tree.Tag)
	for _, tag := range []tree.Tag{tree.TagAccount, tree.TagSlot, tree.TagMarket, tree.TagState, tree.TagBatch} {
		hash := fmt.Sprint(tree.Sponge(tag, []fr.Element{element(big.NewInt(7))}))
		if other, ok := seen[hash]; ok {
			t.Errorf("tags %d and %d give one hash", tag, other)
		}
		seen[hash] = tag
	}
}
