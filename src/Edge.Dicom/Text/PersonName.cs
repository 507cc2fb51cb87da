namespace Edge.Dicom.Text;

/// <summary>One value of VR PN: three component groups (PS3.5 6.2.1), each of up to five components.</summary>
/// <param name="Alphabetic">The first group; empty where absent.</param>
/// <param name="Ideographic">The second group; empty where absent.</param>
/// <param name="Phonetic">The third group; empty where absent.</param>
public readonly record struct PersonName(string Alphabetic, string Ideographic, string Phonetic)
{
    /// <summary>Splits a decoded value at <c>=</c>. What follows a third one is part of the last group.</summary>
    public static PersonName Parse(string value)
    {
        string[] groups = value.Split('=', 3);
        return new PersonName(groups[0], groups.Length > 1 ? groups[1] : "", groups.Length > 2 ? groups[2] : "");
    }

    /// <summary>The components of a group: family, given, middle, prefix, suffix; missing ones are empty.</summary>
    public static string[] Components(string group)
    {
        string[] parts = group.Split('^', 5);
        var components = new string[5];
        for (int i = 0; i < components.Length; i++)
        {
            components[i] = i < parts.Length ? parts[i] : "";
        }

        return components;
    }

    /// <summary>The value without empty trailing groups.</summary>
    public override string ToString() =>
        Phonetic.Length > 0 ? $"{Alphabetic}={Ideographic}={Phonetic}" : Ideographic.Length > 0 ? $"{Alphabetic}={Ideographic}" : Alphabetic;
}
