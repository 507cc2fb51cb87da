using Edge.Core.Errors;

namespace Edge.Dicom.Tags;

/// <content>Entries registered at start.</content>
public static partial class DicomDictionary
{
    private static readonly Lock Gate = new();
    private static volatile Additions _additions = Additions.Empty;

    /// <summary>
    /// Registers an entry (Orthanc's <c>Dictionary</c> option): it comes before the tables. A private element without a creator stands for
    /// any creator. Meant for start-up; safe at any time.
    /// </summary>
    /// <exception cref="EdgeException">ParameterOutOfRange where the entry has no keyword.</exception>
    public static void Register(DictionaryEntry entry) => Register([entry]);

    /// <summary>Registers many at a time; of those that share a name, the first is found by it.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange where an entry has no keyword.</exception>
    public static void Register(IReadOnlyList<DictionaryEntry> entries)
    {
        foreach (DictionaryEntry entry in entries)
        {
            if (entry.Keyword.Length == 0)
            {
                throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Dictionary: no name for tag {entry.Tag}");
            }
        }

        lock (Gate)
        {
            _additions = _additions.With(entries);
        }
    }

    /// <summary>Switches Orthanc's forced spellings (<c>OtherPatientIDs</c>…) off, as <c>ExternalDictionaries</c> does, or on.</summary>
    public static void ForceSpellings(bool force)
    {
        lock (Gate)
        {
            _additions = _additions.With(force);
        }
    }

    /// <summary>Removes what was registered.</summary>
    public static void Reset()
    {
        lock (Gate)
        {
            _additions = Additions.Empty;
        }
    }

    /// <summary>Immutable, so that readers need no lock.</summary>
    private sealed class Additions
    {
        public static readonly Additions Empty = new([], [], true);

        private readonly Dictionary<uint, DictionaryEntry[]> _byTag;
        private readonly Dictionary<string, DictionaryEntry> _byName;

        private Additions(Dictionary<uint, DictionaryEntry[]> byTag, Dictionary<string, DictionaryEntry> byName, bool forcesSpellings)
        {
            _byTag = byTag;
            _byName = byName;
            ForcesSpellings = forcesSpellings;
        }

        public bool ForcesSpellings { get; }

        public Additions With(bool forcesSpellings) => new(_byTag, _byName, forcesSpellings);

        public Additions With(IReadOnlyList<DictionaryEntry> entries)
        {
            var byTag = new Dictionary<uint, DictionaryEntry[]>(_byTag);
            var byName = new Dictionary<string, DictionaryEntry>(_byName, StringComparer.Ordinal);
            HashSet<string> named = new(StringComparer.Ordinal);
            foreach (DictionaryEntry entry in entries)
            {
                uint key = Key(entry.Tag);
                DictionaryEntry[] others = byTag.TryGetValue(key, out DictionaryEntry[]? known)
                    ? Array.FindAll(known, e => !string.Equals(e.PrivateCreator, entry.PrivateCreator, StringComparison.Ordinal))
                    : [];
                byTag[key] = [entry, .. others];
                if (named.Add(entry.Keyword))
                {
                    byName[entry.Keyword] = entry;
                }
            }

            return new Additions(byTag, byName, ForcesSpellings);
        }

        public DictionaryEntry? Find(DicomTag tag, string? creator)
        {
            if (_byTag.Count == 0 || !_byTag.TryGetValue(Key(tag), out DictionaryEntry[]? entries))
            {
                return null;
            }

            DictionaryEntry? ofAny = null;
            foreach (DictionaryEntry entry in entries)
            {
                if (entry.PrivateCreator is null)
                {
                    if (!tag.IsPrivateElement || entry.Tag == tag)
                    {
                        ofAny = entry;
                    }
                }
                else if (string.Equals(entry.PrivateCreator, creator, StringComparison.Ordinal))
                {
                    return entry;
                }
            }

            return ofAny;
        }

        public DictionaryEntry? FindName(ReadOnlySpan<char> name) =>
            _byName.Count == 0 ? null : _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out DictionaryEntry? entry) ? entry : null;

        // The block of a private element is the data set's affair.
        private static uint Key(DicomTag tag) => tag.IsPrivateElement ? tag.Value & 0xFFFF00FF : tag.Value;
    }
}
