using System.Globalization;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Dicom;

/// <content>Values by tag: read and set.</content>
public sealed partial class DataSet
{
    /// <summary>
    /// The text of a value: decoded, trailing padding removed, backslashes kept; binary numbers are joined by backslashes.
    /// Null where the element is absent, a sequence, bulk, or not in memory.
    /// </summary>
    public string? GetString(DicomTag tag) => Find(tag) is { } element ? ElementText.Read(this, element) : null;

    /// <summary>The values of a text, split at backslashes after decoding, each without its padding; empty where absent or empty.</summary>
    public string[] GetStrings(DicomTag tag)
    {
        if (Find(tag) is not { } element || ElementText.Read(this, element) is not { Length: > 0 } text)
        {
            return [];
        }

        if (VrInfo.IsSingleValued(element.Vr))
        {
            return [text];
        }

        string[] values = text.Split('\\');
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = values[i].Trim(' ');
        }

        return values;
    }

    /// <summary>A value as an integer, of a binary number or of text (IS, and DS without a fraction); null where absent or none.</summary>
    /// <param name="index">Which of the values, from 0.</param>
    public long? GetInteger(DicomTag tag, int index = 0) =>
        Find(tag) is { } element && ElementNumbers.TryReadInteger(element, index, out long value) ? value : null;

    /// <summary>As <see cref="GetInteger"/>, within 32 bits; null outside.</summary>
    public int? GetInt32(DicomTag tag, int index = 0) => GetInteger(tag, index) is { } value and >= int.MinValue and <= int.MaxValue ? (int)value : null;

    /// <summary>A value as a floating-point number, of a binary number or of text (DS, IS); null where absent or none.</summary>
    public double? GetDouble(DicomTag tag, int index = 0) =>
        Find(tag) is { } element && ElementNumbers.TryReadDouble(element, index, out double value) ? value : null;

    /// <summary>All values as numbers; empty where absent. What is no number becomes NaN.</summary>
    public double[] GetDoubles(DicomTag tag)
    {
        if (Find(tag) is not { } element)
        {
            return [];
        }

        int count = ElementNumbers.Count(element);
        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = ElementNumbers.TryReadDouble(element, i, out double value) ? value : double.NaN;
        }

        return values;
    }

    /// <summary>The raw bytes of a value; null where absent.</summary>
    public ReadOnlyMemory<byte>? GetBytes(DicomTag tag) => Find(tag)?.Value;

    /// <summary>The items of a sequence; empty where absent or no sequence.</summary>
    public IReadOnlyList<DataSet> GetItems(DicomTag tag) => Find(tag)?.Items ?? [];

    /// <summary>
    /// Sets a value from text: encoded by <see cref="CharacterSet"/>, padded to an even length. Of a binary number VR, numbers joined by backslashes;
    /// of AT, tags. <paramref name="vr"/> defaults to the dictionary's.
    /// </summary>
    /// <exception cref="Core.Errors.EdgeException">BadParameterType where the text is no value of the VR.</exception>
    public void SetString(DicomTag tag, string text, Vr vr = Vr.None)
    {
        vr = vr == Vr.None ? VrOf(tag) : vr;
        if (tag == DicomTags.SpecificCharacterSet)
        {
            // Its value is of the default repertoire by definition.
            Set(new DicomElement(tag, Vr.CS, TextBytes.Padded(System.Text.Encoding.ASCII.GetBytes(text), (byte)' ')));
            return;
        }

        Set(new DicomElement(tag, vr, ElementText.Encode(CharacterSet, vr, text, tag)));
    }

    /// <summary>Sets several text values, joined by backslashes.</summary>
    public void SetStrings(DicomTag tag, IEnumerable<string> values, Vr vr = Vr.None) => SetString(tag, string.Join('\\', values), vr);

    /// <summary>Sets integers, binary or as text by the VR.</summary>
    public void SetIntegers(DicomTag tag, ReadOnlySpan<long> values, Vr vr = Vr.None)
    {
        vr = vr == Vr.None ? VrOf(tag) : vr;
        var texts = new string[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            texts[i] = values[i].ToString(CultureInfo.InvariantCulture);
        }

        SetString(tag, string.Join('\\', texts), vr);
    }

    /// <summary>Sets one integer, binary or as text by the VR.</summary>
    public void SetInteger(DicomTag tag, long value, Vr vr = Vr.None) => SetIntegers(tag, [value], vr);

    /// <summary>Sets floating-point numbers: FL, FD, or DS of at most 16 characters each (PS3.5 6.2).</summary>
    public void SetDoubles(DicomTag tag, ReadOnlySpan<double> values, Vr vr = Vr.None)
    {
        vr = vr == Vr.None ? VrOf(tag) : vr;
        var texts = new string[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            texts[i] = vr == Vr.DS ? ElementNumbers.DecimalString(values[i]) : values[i].ToString("R", CultureInfo.InvariantCulture);
        }

        SetString(tag, string.Join('\\', texts), vr);
    }

    /// <summary>Sets raw bytes, little endian, as they are; an odd length is padded.</summary>
    public void SetBytes(DicomTag tag, ReadOnlyMemory<byte> value, Vr vr = Vr.None)
    {
        vr = vr == Vr.None ? VrOf(tag) : vr;
        Set(new DicomElement(tag, vr, (value.Length & 1) == 0 ? value : TextBytes.Padded(value.ToArray(), VrInfo.Padding(vr))));
    }

    /// <summary>Sets a sequence.</summary>
    public void SetItems(DicomTag tag, IEnumerable<DataSet> items, bool undefinedLength = false) => Set(DicomElement.Sequence(tag, items, undefinedLength));

    /// <summary>
    /// Changes (0008,0005) to <paramref name="characterSet"/> and encodes all text again, items included (whose own (0008,0005) is removed).
    /// Characters that it cannot express become <c>?</c>.
    /// </summary>
    public void ChangeCharacterSet(SpecificCharacterSet characterSet)
    {
        Recode(characterSet, isTop: true);
        if (characterSet.Value.Length == 0)
        {
            Remove(DicomTags.SpecificCharacterSet);
        }
        else
        {
            SetString(DicomTags.SpecificCharacterSet, characterSet.Value, Vr.CS);
        }
    }

    /// <summary>The VR that the dictionary, the private creators and PixelRepresentation give a tag in this data set; UN where nothing is known.</summary>
    public Vr VrOf(DicomTag tag) => DictionaryVr.Resolve(this, tag);

    private void Recode(SpecificCharacterSet target, bool isTop)
    {
        SpecificCharacterSet source = CharacterSet;
        for (int i = 0; i < _elements.Count; i++)
        {
            DicomElement element = _elements[i];
            if (element.Items is { } items)
            {
                for (int j = 0; j < items.Count; j++)
                {
                    items[j].Recode(target, isTop: false);
                }
            }
            else if (VrInfo.IsCharacterSetDependent(element.Vr) && !TextBytes.IsPlainAscii(element.Value.Span))
            {
                string text = source.Decode(element.Value.Span, element.Vr).TrimEnd(' ', '\0');
                _elements[i] = new DicomElement(element.Tag, element.Vr, TextBytes.Padded(target.Encode(text, element.Vr), VrInfo.Padding(element.Vr)));
            }
        }

        if (!isTop)
        {
            Remove(DicomTags.SpecificCharacterSet);
        }
    }
}
