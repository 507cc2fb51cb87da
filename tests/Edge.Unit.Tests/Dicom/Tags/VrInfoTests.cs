using System.Text;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Tags;

public sealed class VrInfoTests
{
    [Fact]
    public void EveryVrKeepsItsLetters()
    {
        foreach (Vr vr in Enum.GetValues<Vr>())
        {
            if (vr == Vr.None)
            {
                continue;
            }

            Assert.Equal(vr.ToString(), VrInfo.Name(vr));
            Assert.Equal(vr.ToString(), Encoding.ASCII.GetString(VrInfo.Code(vr)));
            Assert.Equal(vr, VrInfo.FromText(vr.ToString()));
        }

        Assert.Equal(Vr.None, VrInfo.FromText("ZZ"));
        Assert.Equal(Vr.None, VrInfo.FromBytes(0, 0));
        Assert.Equal(Vr.None, VrInfo.FromText("sq"));
    }

    // PS3.5 tables 7.1-1 and 7.1-2.
    [Fact]
    public void LongLengthsAreThoseOfTheStandard()
    {
        Vr[] longForm = [Vr.OB, Vr.OD, Vr.OF, Vr.OL, Vr.OV, Vr.OW, Vr.SQ, Vr.SV, Vr.UC, Vr.UN, Vr.UR, Vr.UT, Vr.UV];
        Assert.Equal(longForm.Order(), Enum.GetValues<Vr>().Where(VrInfo.HasLongLength).Order());
    }

    [Theory]
    [InlineData(Vr.US, 2, 2)]
    [InlineData(Vr.AT, 4, 2)]
    [InlineData(Vr.FD, 8, 8)]
    [InlineData(Vr.UV, 8, 8)]
    [InlineData(Vr.SL, 4, 4)]
    [InlineData(Vr.OW, 0, 2)]
    [InlineData(Vr.OF, 0, 4)]
    [InlineData(Vr.OB, 0, 1)]
    [InlineData(Vr.LO, 0, 1)]
    public void SizesAreThoseOfTheStandard(Vr vr, int number, int word)
    {
        Assert.Equal(number, VrInfo.NumberSize(vr));
        Assert.Equal(word, VrInfo.WordSize(vr));
    }

    [Fact]
    public void CharacterSetsGovernSevenVrs()
    {
        Vr[] governed = [Vr.LO, Vr.LT, Vr.PN, Vr.SH, Vr.ST, Vr.UC, Vr.UT];
        Assert.Equal(governed.Order(), Enum.GetValues<Vr>().Where(VrInfo.IsCharacterSetDependent).Order());
        Assert.Equal((byte)' ', VrInfo.Padding(Vr.LO));
        Assert.Equal(0, VrInfo.Padding(Vr.UI));
        Assert.Equal(0, VrInfo.Padding(Vr.OB));
    }
}
