package batch

import (
	"fmt"
	"strings"
)

// Shape is the capacity of one circuit. Orders counts every entry; Accounts includes accounts 0 and 1.
//
// Spec: zkclear/rules/shapes.py.
type Shape struct {
	Name         string
	Orders       int
	Fills        int
	Accounts     int
	Requests     int
	Risks        int // LIQUIDATE and CLOSE requests and risk entries together.
	Markets      int
	AccountDepth int
}

// SlotDepth is the depth of every slot tree: 4^5 = 1,024 slots.
const SlotDepth = 5

// Shapes returns the deployable shapes, smallest first. All have the same markets and tree, so they share one state.
func Shapes() []Shape {
	return []Shape{
		{Name: "tiny", Orders: 4, Fills: 4, Accounts: 6, Requests: 4, Risks: 4, Markets: 8, AccountDepth: 12},
		{Name: "small", Orders: 64, Fills: 96, Accounts: 16, Requests: 16, Risks: 8, Markets: 8, AccountDepth: 12},
		{Name: "medium", Orders: 256, Fills: 384, Accounts: 64, Requests: 32, Risks: 16, Markets: 8, AccountDepth: 12},
		{Name: "large", Orders: 512, Fills: 768, Accounts: 128, Requests: 64, Risks: 32, Markets: 8, AccountDepth: 12},
	}
}

// Micro returns the shape of the forging tests. Its two markets make it a state of its own, so it is never deployed.
func Micro() Shape {
	return Shape{Name: "micro", Orders: 2, Fills: 2, Accounts: 4, Requests: 2, Risks: 2, Markets: 2, AccountDepth: 4}
}

// ShapeByName returns the deployable shape, or micro, of that name.
func ShapeByName(name string) (Shape, error) {
	known := append(Shapes(), Micro())
	names := make([]string, len(known))
	for i, shape := range known {
		if shape.Name == name {
			return shape, nil
		}
		names[i] = shape.Name
	}
	return Shape{}, fmt.Errorf("no shape is called %q; known: %s", name, strings.Join(names, ", "))
}
