package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Files is a folder on disk that accounts may read files from, or nothing when dir is empty. Whatever stands in it, nothing outside of it can be
// opened: neither a path nor a link leads out (see os.Root). The folder is made when it is first looked into, and opened anew each time, so that it
// may be moved, mounted and made again while the hub runs.
func Files(dir string) fs.FS {
	if dir == "" {
		return nil
	}
	return files(dir)
}

type files string

var _ fs.ReadLinkFS = files("") // so that links can be told from what they lead to

// within does something in the folder.
func (f files) within(do func(fs.FS) error) error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return fmt.Errorf("make the folder for files: %w", err)
	}
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return fmt.Errorf("open the folder for files: %w", err)
	}
	return errors.Join(do(root.FS()), root.Close()) // what was opened in it stays open
}

// Open opens a file or a folder.
func (f files) Open(name string) (file fs.File, err error) {
	err = f.within(func(root fs.FS) (err error) {
		file, err = root.Open(name)
		return err
	})
	return file, err
}

// Lstat describes a file, a folder or a link, which it does not follow.
func (f files) Lstat(name string) (info fs.FileInfo, err error) {
	err = f.within(func(root fs.FS) (err error) {
		info, err = fs.Lstat(root, name)
		return err
	})
	return info, err
}

// ReadLink says where a link leads.
func (f files) ReadLink(name string) (target string, err error) {
	err = f.within(func(root fs.FS) (err error) {
		target, err = fs.ReadLink(root, name)
		return err
	})
	return target, err
}
