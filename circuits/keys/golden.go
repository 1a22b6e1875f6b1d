package keys

// Golden is one line of manifest.json in this folder: what a shape compiles to, on every machine.
// Keys are not in it: development keys are random.
type Golden struct {
	Shape       string `json:"shape"`
	Constraints int    `json:"constraints"`
	SHA256      string `json:"constraint_system_sha256"`
}

// Golden is the line for this constraint system.
func (c *Compiled) Golden() Golden {
	return Golden{Shape: c.Shape, Constraints: c.Constraints(), SHA256: c.Hash.String()}
}
