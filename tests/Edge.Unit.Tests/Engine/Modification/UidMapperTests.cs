using System.Numerics;
using Edge.Engine.Modification;
using Xunit;

namespace Edge.Unit.Tests.Engine.Modification;

public sealed class UidMapperTests
{
    [Fact]
    public void AUidBecomesTheSameInOneJobAndAnotherInTheNext()
    {
        UidMapper one = new(Modifying.Key), same = new([.. Modifying.Key]), other = new(UidMapper.NewKey());
        Assert.Equal(one.Map("1.2.3"), same.Map("1.2.3"));
        Assert.NotEqual(one.Map("1.2.3"), one.Map("1.2.4"));
        Assert.NotEqual(one.Map("1.2.3"), other.Map("1.2.3"));
        Assert.Equal(one.MapPatientId("P"), same.MapPatientId("P"));
        Assert.Equal(36, one.MapPatientId("P").Length);
    }

    [Fact]
    public void NewUidsAreUuidsUnderTheirRoot()
    {
        for (int i = 0; i < 1000; i++)
        {
            string uid = i % 2 == 0 ? UidMapper.NewUid() : new UidMapper(Modifying.Key).Map($"1.2.{i}");
            Assert.StartsWith("2.25.", uid, StringComparison.Ordinal);
            Assert.InRange(uid.Length, 10, 64);
            byte[] uuid = BigInteger.Parse(uid[5..], System.Globalization.CultureInfo.InvariantCulture).ToByteArray(isUnsigned: true, isBigEndian: true);
            byte[] padded = [.. new byte[16 - uuid.Length], .. uuid];
            Assert.Equal(8, padded[6] >> 4);
            Assert.Equal(2, padded[8] >> 6);
        }
    }

    // Well-known frames of reference and coding schemes are no secrets, and mean nothing under another UID.
    [Theory]
    [InlineData("1.2.840.10008.1.4.1.1")]
    [InlineData("")]
    public void UidsOfTheStandardStay(string uid) => Assert.Equal(uid, new UidMapper(Modifying.Key).Map(uid));
}
