package connector

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// CodeFolder is the code of errors about the folder that an account reads files from.
const CodeFolder = "folder"

// Folder opens a folder that the account names, below the one that the operator has opened to accounts and in it below that of the workspace: one
// business does not see the files of another. What it opens cannot be left: a path that leads out of it is refused, and so is a link on the way
// or at the end of it, wherever that leads. Its errors are for a person and hold nothing but the path.
func (c *Client) Folder(name string) (fs.FS, error) {
	if c.files == nil {
		return nil, Refusal(CodeFolder, "", "this hub lets no account read files: start it with --files")
	}
	shown := path.Join(c.Workspace.Key, name)
	clean := path.Clean(strings.Trim(shown, "/"))
	if !fs.ValidPath(clean) || strings.ContainsAny(name, "\\\x00") || strings.HasPrefix(name, "/") || strings.Contains("/"+name+"/", "/../") {
		return nil, Refusal(CodeFolder, "", fmt.Sprintf("%q is no folder below the hub's folder for files: write a path such as incoming/bookings", name))
	}
	for at := clean; at != "."; at = path.Dir(at) {
		info, err := fs.Lstat(c.files, at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, Refusal(CodeFolder, "", fmt.Sprintf("the hub's folder for files has no folder %q: make it there", shown))
		case err != nil:
			return nil, &Error{Kind: Temporary, Code: CodeFolder, Message: fmt.Sprintf("the folder %q cannot be looked at", shown), Err: errors.Unwrap(err)}
		case !info.IsDir():
			return nil, Refusal(CodeFolder, "", fmt.Sprintf("%q is not a folder", shown))
		}
	}
	folder, err := fs.Sub(c.files, clean)
	if err != nil {
		return nil, Refusal(CodeFolder, "", fmt.Sprintf("the folder %q cannot be opened", shown))
	}
	return unlinked{folder}, nil
}

// unlinked is a folder whose links are not followed.
type unlinked struct{ folder fs.FS }

// Open opens a file or folder that is no link, and that no link leads to.
func (u unlinked) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	for at := name; at != "."; at = path.Dir(at) {
		info, err := fs.Lstat(u.folder, at)
		if err != nil {
			return nil, err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
		}
	}
	return u.folder.Open(name)
}
