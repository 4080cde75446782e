package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxKeyFile bounds what is read as a key file, in bytes: a keyset of a thousand keys is smaller.
const maxKeyFile = 1 << 20

// readOrMake reads the key file, or makes it when there is none. made says which.
func readOrMake(path string) (k *keys, made bool, err error) {
	k, err = readFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, false, fmt.Errorf("make the folder of the key file: %w", err)
	}
	if k, err = newKeys(); err != nil {
		return nil, false, err
	}
	temp, err := writeTemp(path, k)
	if err != nil {
		return nil, false, err
	}
	defer os.Remove(temp) //nolint:errcheck // it holds no key that anybody uses, and the next start does not look at it
	// link(2) fails when the name exists, unlike rename(2): of two processes starting at once one wins, and neither sees half a file.
	err = os.Link(temp, path)
	switch {
	case errors.Is(err, fs.ErrExist):
		k, err = readFile(path)
		return k, false, err
	case err != nil:
		return nil, false, fmt.Errorf("make the key file %s: %w: use a local disk, or give the key by %s", path, err, EnvName)
	}
	return k, true, syncDir(filepath.Dir(path))
}

// rotateFile adds a key to the file under a lock, so that of two rotations at once neither loses the other's key.
// holds is the key the caller seals with: a file without it is not the caller's.
func rotateFile(path string, holds uint32) (*keys, error) {
	f, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // drops the lock
	k, err := readKeys(f)
	if err != nil {
		return nil, err
	}
	if !k.has(holds) {
		return nil, fmt.Errorf("%s no longer holds key %s that is in use: put the old key file back", path, formatID(holds))
	}
	if k, err = k.rotated(); err != nil {
		return nil, err
	}
	temp, err := writeTemp(path, k)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(temp, path); err != nil {
		return nil, errors.Join(fmt.Errorf("replace the key file: %w", err), os.Remove(temp))
	}
	// Only a key that survives a power cut may seal anything.
	return k, syncDir(filepath.Dir(path))
}

// lockFile opens the key file and locks it. Rotation replaces the file, so the lock counts only if the name still means the file it was taken on.
func lockFile(path string) (*os.File, error) {
	for {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open the key file: %w", err)
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			return nil, errors.Join(fmt.Errorf("lock the key file %s: %w", path, err), f.Close())
		}
		locked, err1 := f.Stat()
		named, err2 := os.Stat(path)
		if err := errors.Join(err1, err2); err != nil {
			return nil, errors.Join(fmt.Errorf("lock the key file: %w", err), f.Close())
		}
		if os.SameFile(locked, named) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("lock the key file: %w", err)
		}
	}
}

func readFile(path string) (*keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the key file: %w", err)
	}
	defer f.Close()
	return readKeys(f)
}

// readKeys reads an open key file after looking at who else may. The look is at the open file, not at the name, which may change in between.
func readKeys(f *os.File) (*keys, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the key file %s is not a file: move away what is there", f.Name())
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("the key file %s can be used by others (mode %04o): run  chmod 600 %s", f.Name(), mode, f.Name())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	k, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", f.Name(), err)
	}
	return k, nil
}

// writeTemp writes the keys durably to a new file beside path, mode 0600, and returns its name.
func writeTemp(path string, k *keys) (name string, err error) {
	text, err := k.marshal()
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*.new") // mode 0600
	if err != nil {
		return "", fmt.Errorf("make the key file: %w", err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("make the key file: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir makes a new name in a folder survive a power cut.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync the folder of the key file: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync the folder of the key file: %w", err)
	}
	return nil
}
